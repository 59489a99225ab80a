/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer before it is sent, so that faults can still change it.
 *
 * Runs on: the connection's thread. */

#include "http-answer.h"

static const struct
{
  guint status;
  const gchar *reason;
} reasons[] = {
  {200, "OK"}, {201, "Created"}, {202, "Accepted"},
  {203, "Non-Authoritative Information"}, {204, "No Content"},
  {206, "Partial Content"}, {302, "Found"}, {304, "Not Modified"},
  {307, "Temporary Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
  {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
  {407, "Proxy Authentication Required"}, {408, "Request Timeout"},
  {409, "Conflict"}, {411, "Length Required"}, {421, "Misdirected Request"},
  {429, "Too Many Requests"}, {500, "Internal Server Error"},
  {501, "Not Implemented"}, {502, "Bad Gateway"},
  {503, "Service Unavailable"}, {504, "Gateway Timeout"},
  {511, "Network Authentication Required"},
};

EmuAnswer *
emu_answer_new (guint status)
{
  EmuAnswer *answer = g_new0 (EmuAnswer, 1);

  answer->status = status;
  answer->names = g_ptr_array_new_with_free_func (g_free);
  answer->values = g_ptr_array_new_with_free_func (g_free);
  answer->body = g_string_new (NULL);
  answer->head_length = -1;
  return answer;
}

void
emu_answer_free (EmuAnswer * answer)
{
  g_free (answer->code);
  g_ptr_array_unref (answer->names);
  g_ptr_array_unref (answer->values);
  g_string_free (answer->body, TRUE);
  g_clear_object (&answer->stream);
  g_free (answer);
}

static gboolean
find_header (EmuAnswer * answer, const gchar * name, guint * index)
{
  guint i;

  for (i = 0; i < answer->names->len; i++) {
    if (g_ascii_strcasecmp (g_ptr_array_index (answer->names, i), name) == 0) {
      *index = i;
      return TRUE;
    }
  }
  return FALSE;
}

void
emu_answer_set_header (EmuAnswer * answer, const gchar * name,
    const gchar * value)
{
  guint i;

  if (find_header (answer, name, &i)) {
    g_ptr_array_remove_index (answer->names, i);
    g_ptr_array_remove_index (answer->values, i);
  }
  if (!value)
    return;
  g_ptr_array_add (answer->names, g_strdup (name));
  g_ptr_array_add (answer->values, g_strdup (value));
}

const gchar *
emu_answer_get_header (EmuAnswer * answer, const gchar * name)
{
  guint i;

  if (!find_header (answer, name, &i))
    return NULL;
  return g_ptr_array_index (answer->values, i);
}

void
emu_answer_set_body (EmuAnswer * answer, const gchar * content_type,
    const gchar * body)
{
  emu_answer_set_header (answer, "Content-Type", content_type);
  g_string_assign (answer->body, body);
}

static const gchar *
get_reason (guint status)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (reasons); i++) {
    if (reasons[i].status == status)
      return reasons[i].reason;
  }
  return "Unknown";
}

static guint64
get_length (EmuAnswer * answer)
{
  if (answer->head_length >= 0)
    return answer->head_length;
  return answer->stream ? answer->stream_length : answer->body->len;
}

gboolean
emu_answer_may_have_body (const EmuAnswer * answer)
{
  return answer->status != 204 && answer->status != 304;
}

GString *
emu_answer_format_head (EmuAnswer * answer)
{
  GString *head = g_string_new (NULL);
  guint i;

  g_string_append_printf (head, "HTTP/1.1 %u %s\r\n", answer->status,
      get_reason (answer->status));
  for (i = 0; i < answer->names->len; i++)
    g_string_append_printf (head, "%s: %s\r\n",
        (gchar *) g_ptr_array_index (answer->names, i),
        (gchar *) g_ptr_array_index (answer->values, i));
  if (emu_answer_may_have_body (answer) && !answer->no_length)
    g_string_append_printf (head, "Content-Length: %" G_GUINT64_FORMAT "\r\n",
        get_length (answer));
  g_string_append_printf (head, "Connection: %s\r\n\r\n",
      answer->close ? "close" : "keep-alive");
  return head;
}
