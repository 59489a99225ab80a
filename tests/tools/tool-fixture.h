/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Runs gst-ice-1.0, the program, and keeps what it said. */

#pragma once

#include <json-glib/json-glib.h>

#include "emulator/emulator.h"
#include "spool-fixture.h"

/* Where the emulator has objects. */
#define TOOL_BUCKET "outin-0123456789abcdef0123456789abcdef"
#define TOOL_OBJECT "sv/" MEDIA_ID "/" MEDIA_ID ".mp4"

/**
 * ToolFixture:
 * @emulator: (owned): listens
 * @launcher: (owned): has an environment without any identity but the one
 *     that the emulator knows
 * @out: (owned): what the program said last on stdout
 * @err: (owned): on stderr
 * @status: what it exited with
 * @json: (owned) (nullable): what @out was taken for last
 */
typedef struct
{
  IceEmulator *emulator;
  GSubprocessLauncher *launcher;
  gchar *out;
  gchar *err;
  gint status;
  JsonNode *json;
} ToolFixture;

/* @option: one of the emulator's, or NULL. */
ToolFixture *tool_fixture_new (const gchar * option);
void tool_fixture_free (ToolFixture * fixture);

/* Runs the program with the words of @command; EMULATOR in it stands for the
 * emulator's address. */
void tool_fixture_run (ToolFixture * fixture, const gchar * command);

#define tool_fixture_expect(fixture, expected, command) \
  G_STMT_START { \
    tool_fixture_run (fixture, command); \
    g_assert_cmpint ((fixture)->status, ==, expected); \
  } G_STMT_END

/* From now on. */
void tool_fixture_add_fault (ToolFixture * fixture, const gchar * fault);

/* The same, for `@command DIRECTORY MEDIA_ID @option`, without any secret. */
void tool_fixture_run_on (ToolFixture * fixture, const gchar * command,
    SpoolFixture * spools, const gchar * option);

/* A spool with an upload of @object, both (nullable), of which nothing has
 * arrived, and whether it is still there. */
void tool_fixture_leave (SpoolFixture * spools, const gchar * object,
    const gchar * upload_id);
gboolean tool_fixture_is_left (SpoolFixture * spools);

/* Begins a multipart upload, as the sink does. Returns its id.
 * (transfer full) */
gchar *tool_fixture_begin_upload (ToolFixture * fixture,
    const gchar * media_id);

/* Runs @line, which has to succeed, with all of the log in err, and looks for
 * secrets there. */
void tool_fixture_expect_log (ToolFixture * fixture, const gchar * line);

/* No secret that the emulator knows is in what the program said. */
void tool_fixture_assert_no_secret (ToolFixture * fixture);

/* The object on stdout. Owned by the fixture until the next call. */
JsonObject *tool_fixture_get_json (ToolFixture * fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolFixture, tool_fixture_free)

#define assert_says(text, words) \
  G_STMT_START { \
    if (strstr (text, words) == NULL) \
      g_error ("`%s` is not in:\n%s", words, text); \
  } G_STMT_END
