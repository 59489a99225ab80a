/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the commands have in common; see the header. Main thread. */

#include "tools/tool.h"

#include <gst/gst.h>

#include "common/error.h"
#include "common/path.h"
#include "tools/service.h"

gboolean gst_ice_tool_as_json;

static const GOptionEntry json_option[] = {
  {"json", 0, 0, G_OPTION_ARG_NONE, &gst_ice_tool_as_json, "Print JSON", NULL},
  {NULL}
};

/* What was given, and what is wanted. */
static gboolean
check_arguments (const GstIceToolCommand * command, int argc)
{
  const gchar *name = g_get_prgname ();

  if (argc == command->n_arguments + 1
      || (command->n_arguments < 0 && argc > 1))
    return TRUE;

  g_printerr ("%s: wanted: %s\nTry `%s --help`.\n", name,
      command->arguments, name);

  return FALSE;
}

/* A first argument that is a directory may be given in all forms of a path. */
static gboolean
resolve_directory (const GstIceToolCommand * command, char **argv)
{
  static gchar *directory = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_str_has_prefix (command->arguments, "DIRECTORY"))
    return TRUE;

  directory = gst_ice_path_resolve (argv[1], &error);
  if (directory == NULL)
    gst_ice_tool_complain (error);
  else
    argv[1] = directory;

  return directory != NULL;
}

/* Leaves the arguments in @argv from 1 on. FALSE after it has said what is
 * wrong. */
static gboolean
parse (const GstIceToolCommand * command, int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new (command->arguments);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, command->summary);
  g_option_context_set_description (context, command->description);
  if (command->options != NULL)
    g_option_context_add_main_entries (context, command->options, NULL);
  g_option_context_add_main_entries (context, json_option, NULL);
  if (!command->is_local)
    g_option_context_add_main_entries (context,
        gst_ice_tool_service_get_options (), NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());

  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("%s: %s\nTry `%s --help`.\n", g_get_prgname (),
        error->message, g_get_prgname ());
    return FALSE;
  }

  return check_arguments (command, *argc)
      && resolve_directory (command, *argv);
}

GstIceToolExit
gst_ice_tool_run (const GstIceToolCommand * command, int argc, char **argv)
{
  g_autofree gchar *name =
      g_strdup_printf ("%s %s", GST_ICE_TOOL_NAME, command->name);
  g_autoptr (GError) error = NULL;
  GstIceToolExit result;

  /* It is what the usage line begins with. */
  g_set_prgname (name);
  if (command->prepare != NULL)
    command->prepare (argc, argv);
  if (!parse (command, &argc, &argv))
    return GST_ICE_TOOL_USAGE;

  result = command->run (argv + 1, &error);

  return error != NULL ? gst_ice_tool_complain (error) : result;
}

GstIceToolExit
gst_ice_tool_complain (const GError * error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);

  if (gst_ice_error_is (error, GST_ICE_ERROR_SETTINGS))
    return GST_ICE_TOOL_USAGE;
  if (gst_ice_error_is (error, GST_ICE_ERROR_NOT_FOUND))
    return GST_ICE_TOOL_NOT_FOUND;

  return GST_ICE_TOOL_FAILED;
}

gchar *
gst_ice_tool_format_size (guint64 size, GFormatSizeFlags flags)
{
  g_autofree gchar *text = g_format_size_full (size, flags);
  GString *plain = g_string_new (text);

  g_string_replace (plain, "\302\240", " ", 0);

  return g_string_free (plain, FALSE);
}

gchar *
gst_ice_tool_format_span (gint64 seconds)
{
  static const struct
  {
    gint64 seconds;
    const gchar *name;
    gint64 small_seconds;
    const gchar *small_name;
  } units[] = {
    {24 * 3600, "d", 3600, "h"},
    {3600, "h", 60, "min"},
    {60, "min", 1, "s"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (units); i++) {
    if (seconds >= units[i].seconds)
      return g_strdup_printf ("%" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT
          " %s", seconds / units[i].seconds, units[i].name,
          seconds % units[i].seconds / units[i].small_seconds,
          units[i].small_name);
  }

  return g_strdup_printf ("%" G_GINT64_FORMAT " s", seconds);
}

void
gst_ice_tool_print_json (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;

  json_node_take_object (node, object);
  text = json_to_string (node, TRUE);
  g_print ("%s\n", text);
}

void
gst_ice_tool_set_string (JsonObject * object, const gchar * name,
    const gchar * value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
  else
    json_object_set_null_member (object, name);
}
