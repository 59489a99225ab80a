/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer before it is sent, so that faults can still change it. */

#pragma once

#include <gio/gio.h>

typedef struct
{
  guint status;
  gchar *code;                  /* error code, or NULL */
  GPtrArray *names;             /* of headers (element-type utf8) */
  GPtrArray *values;            /* (element-type utf8) */
  GString *body;
  GInputStream *stream;         /* (nullable): the body, in place of the text */
  guint64 stream_length;
  gint64 head_length;           /* Content-Length of a HEAD answer, or -1 */
  gboolean close;               /* no other request on this connection */
  gboolean no_length;           /* no Content-Length: goes with close */
} EmuAnswer;

EmuAnswer *emu_answer_new (guint status);
void emu_answer_free (EmuAnswer * answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EmuAnswer, emu_answer_free)

/* Adds or replaces; NULL removes. */
void emu_answer_set_header (EmuAnswer * answer, const gchar * name,
    const gchar * value);
const gchar *emu_answer_get_header (EmuAnswer * answer, const gchar * name);
void emu_answer_set_body (EmuAnswer * answer, const gchar * content_type,
    const gchar * body);

/* HTTP has statuses whose answers never have one. */
gboolean emu_answer_may_have_body (const EmuAnswer * answer);

/* The status line and all headers, with the empty line. (transfer full) */
GString *emu_answer_format_head (EmuAnswer * answer);
