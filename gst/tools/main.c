/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0: the program. It finds the command and leaves all to it. */

#include "config.h"

#include <locale.h>

#include "tools/tool.h"

static const GstIceToolCommand *const commands[] = {
  &gst_ice_tool_abort, &gst_ice_tool_check, &gst_ice_tool_create,
  &gst_ice_tool_delete, &gst_ice_tool_finish, &gst_ice_tool_info,
  &gst_ice_tool_list,
};

static gchar *
describe_commands (void)
{
  GString *text = g_string_new ("Commands:\n");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree gchar *command =
        g_strdup_printf ("%s %s", commands[i]->name, commands[i]->arguments);

    g_string_append_printf (text, "  %-31s %s\n", command, commands[i]->title);
  }
  g_string_append (text, "\nEach of them says more with --help.\n\n"
      "Exit codes: 0 all is well; 1 something that was asked for did not"
      " work;\n2 an option, a media id or a spool can't be used; 3 there is"
      " no such directory,\nspool or media asset; 4 a media asset is not ready yet.");

  return g_string_free (text, FALSE);
}

static GOptionContext *
new_context (gboolean * version)
{
  const GOptionEntry options[] = {
    {"version", 0, 0, G_OPTION_ARG_NONE, version, "Show the version", NULL},
    {NULL}
  };
  g_autofree gchar *description = describe_commands ();
  GOptionContext *context = g_option_context_new ("COMMAND [ARGUMENT...]");

  g_option_context_set_summary (context,
      "Looks after recordings that icesink uploads to Alibaba Cloud ICE, and after"
      "\nthe media assets that they go to.");
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, options, NULL);
  /* What follows the command is the command's. */
  g_option_context_set_strict_posix (context, TRUE);

  return context;
}

static GstIceToolExit
run_command (int argc, char **argv)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (argv[0], commands[i]->name))
      return gst_ice_tool_run (commands[i], argc, argv);
  }

  g_printerr ("%s: there is no command `%s`\nTry `%s --help`.\n",
      GST_ICE_TOOL_NAME, argv[0], GST_ICE_TOOL_NAME);

  return GST_ICE_TOOL_USAGE;
}

int
main (int argc, char **argv)
{
  gboolean version = FALSE;
  g_autoptr (GOptionContext) context = new_context (&version);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_set_prgname (GST_ICE_TOOL_NAME);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s: %s\n", GST_ICE_TOOL_NAME, error->message);
    return GST_ICE_TOOL_USAGE;
  }
  if (version) {
    g_print ("%s %s\n", GST_ICE_TOOL_NAME, VERSION);
    return GST_ICE_TOOL_OK;
  }
  if (argc < 2) {
    g_autofree gchar *help = g_option_context_get_help (context, TRUE, NULL);

    g_printerr ("%s", help);
    return GST_ICE_TOOL_USAGE;
  }

  return run_command (argc - 1, argv + 1);
}
