/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* gst-ice-1.0: what its commands have in common.
 *
 * Everything runs on the main thread, which waits for each answer before it
 * goes on. */

#pragma once

#include <json-glib/json-glib.h>

#define GST_ICE_TOOL_NAME "gst-ice-1.0"

/* Exit codes; they are documented, so they do not change. */
typedef enum
{
  GST_ICE_TOOL_OK = 0,        /* all is well */
  GST_ICE_TOOL_FAILED = 1,    /* something that was asked for did not work */
  GST_ICE_TOOL_USAGE = 2,     /* an option, a media id or a spool can't be
                               * used */
  GST_ICE_TOOL_NOT_FOUND = 3, /* there is no such directory, spool or media
                               * asset */
  GST_ICE_TOOL_NOT_READY = 4, /* the time to wait is over, and a media asset is
                               * still neither ready nor failed */
} GstIceToolExit;

/* A command of the program. Its options are --json, those of its own and, where
 * it asks the services, theirs. */
typedef struct
{
  const gchar *name;
  const gchar *title;          /* what it is for, in the list of commands */
  const gchar *arguments;      /* names of the arguments that are not
                                * options */
  gint n_arguments;            /* how many they are, or -1: one or more */
  const gchar *summary;        /* what it is for, in its own help */
  const gchar *description;    /* all that is behind the options there */
  const GOptionEntry *options; /* (nullable) of its own */
  gboolean is_local;           /* it asks no service */
  void (*prepare) (int argc, char **argv);      /* (nullable) before the
                                                 * options are read */

  /* What to exit with, unless @error is set, which says it then. */
  GstIceToolExit (*run) (char **arguments, GError ** error);
} GstIceToolCommand;

extern const GstIceToolCommand gst_ice_tool_abort;
extern const GstIceToolCommand gst_ice_tool_check;
extern const GstIceToolCommand gst_ice_tool_create;
extern const GstIceToolCommand gst_ice_tool_delete;
extern const GstIceToolCommand gst_ice_tool_finish;
extern const GstIceToolCommand gst_ice_tool_info;
extern const GstIceToolCommand gst_ice_tool_list;

/* The user wants JSON. */
extern gboolean gst_ice_tool_as_json;

/* Reads options, GStreamer's among them, and arguments, runs @command, and says
 * what is wrong. @argv: that of the program without the program, so that the
 * command is argv[0]. */
GstIceToolExit gst_ice_tool_run (const GstIceToolCommand * command, int argc,
    char **argv);

/* Says @error on stderr, and returns what to exit with. */
GstIceToolExit gst_ice_tool_complain (const GError * error);

/* `2 d 3 h`, `1 min 5 s`. (transfer full) */
gchar *gst_ice_tool_format_span (gint64 seconds);

/* A size for people, with a plain blank in it, which every terminal has.
 * (transfer full) */
gchar *gst_ice_tool_format_size (guint64 size, GFormatSizeFlags flags);

/* @object as JSON on stdout. @object: (transfer full) */
void gst_ice_tool_print_json (JsonObject * object);

/* Sets a string, or null. */
void gst_ice_tool_set_string (JsonObject * object, const gchar * name,
    const gchar * value);
