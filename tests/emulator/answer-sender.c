/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Sends answers, whole or as a fault wants them.
 *
 * Runs on: the connection's thread. */

#include "answer-sender.h"

#include <string.h>

#define HUGE_BODY_SIZE (G_GUINT64_CONSTANT (1) << 30)
#define HUGE_HEADERS_SIZE (64 * 1024 * 1024)
#define GARBAGE_SIZE 300
#define BLOCK_SIZE (64 * 1024)

static void
append_random (GString * text, gsize len)
{
  while (len-- > 0)
    g_string_append_c (text, g_random_int_range (0, 256));
}

static void
set_wrong_crc (EmuAnswer * answer)
{
  const gchar *crc = emu_answer_get_header (answer, "x-oss-hash-crc64ecma");
  g_autofree gchar *wrong = NULL;

  if (!crc)
    return;
  wrong = g_strdup_printf ("%" G_GUINT64_FORMAT,
      g_ascii_strtoull (crc, NULL, 10) ^ 1);
  emu_answer_set_header (answer, "x-oss-hash-crc64ecma", wrong);
}

static void
set_wrong_etag (EmuAnswer * answer)
{
  if (emu_answer_get_header (answer, "ETag"))
    emu_answer_set_header (answer, "ETag",
        "\"00000000000000000000000000000000\"");
}

/* Nothing but the framing. */
static void
make_empty (EmuAnswer * answer)
{
  answer->status = 200;
  g_clear_pointer (&answer->code, g_free);
  g_ptr_array_set_size (answer->names, 0);
  g_ptr_array_set_size (answer->values, 0);
  g_string_truncate (answer->body, 0);
  g_clear_object (&answer->stream);
}

static void
set_other_status (EmuAnswer * answer, guint status)
{
  if (answer->status < 300)
    answer->status = status ? status : 202;
}

static void
leave_out_length (EmuAnswer * answer)
{
  answer->close = TRUE;
  answer->no_length = TRUE;
}

static void
replace_in_body (EmuAnswer * answer, const gchar * pattern, const gchar * text)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autofree gchar *body = g_regex_replace (regex, answer->body->str,
      answer->body->len, 0, text, 0, NULL);

  g_string_assign (answer->body, body);
}

static void
remove_xml_etags (EmuAnswer * answer)
{
  replace_in_body (answer, "\\s*<ETag>[^<]*</ETag>", "");
}

/* `<?xml` stays as it is. */
static void
add_prefixes (EmuAnswer * answer)
{
  if (!g_str_has_prefix (answer->body->str, "<?xml"))
    return;
  replace_in_body (answer, "<(/?)(\\w)", "<\\1oss:\\2");
  replace_in_body (answer, "\\A([^>]*>\\s*<oss:\\w+)",
      "\\1 xmlns:oss=\"http://doc.oss-cn-hangzhou.aliyuncs.com\"");
}

/* No text, as a NUL may be in it. */
static void
compress (EmuAnswer * answer)
{
  g_autoptr (GConverter) converter = G_CONVERTER
      (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  g_autoptr (GInputStream) text = g_memory_input_stream_new_from_data
      (answer->body->str, answer->body->len, NULL);
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (text,
      converter);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (output);

  if (answer->body->len == 0)
    return;
  g_output_stream_splice (output, stream, G_OUTPUT_STREAM_SPLICE_NONE, NULL,
      NULL);
  g_string_truncate (answer->body, 0);
  g_string_append_len (answer->body, g_memory_output_stream_get_data (memory),
      g_memory_output_stream_get_data_size (memory));
  emu_answer_set_header (answer, "Content-Encoding", "gzip");
}

static void
prepend_byte_order_mark (EmuAnswer * answer)
{
  if (answer->body->len > 0)
    g_string_prepend (answer->body, "\xef\xbb\xbf");
}

void
emu_answer_change (EmuAnswer * answer, const EmuFault * fault)
{
  switch (emu_fault_get_kind (fault)) {
    case EMU_FAULT_WRONG_CRC:
      set_wrong_crc (answer);
      break;
    case EMU_FAULT_NO_CRC:
      emu_answer_set_header (answer, "x-oss-hash-crc64ecma", NULL);
      break;
    case EMU_FAULT_WRONG_ETAG:
      set_wrong_etag (answer);
      break;
    case EMU_FAULT_BARE_WRONG_ETAG:
      emu_answer_set_header (answer, "x-oss-hash-crc64ecma", NULL);
      set_wrong_etag (answer);
      break;
    case EMU_FAULT_NO_ETAG:
      emu_answer_set_header (answer, "ETag", NULL);
      remove_xml_etags (answer);
      break;
    case EMU_FAULT_NO_XML_ETAG:
      remove_xml_etags (answer);
      break;
    case EMU_FAULT_MORE_PARTS:
      replace_in_body (answer, "(?=</ListPartsResult>)",
          "<Part><PartNumber>10000</PartNumber><ETag>\"0\"</ETag>"
          "<Size>1</Size></Part>");
      break;
    case EMU_FAULT_OTHER_STATUS:
      set_other_status (answer, fault->status);
      break;
    case EMU_FAULT_NO_LENGTH:
      leave_out_length (answer);
      break;
    case EMU_FAULT_COMPRESSED:
      compress (answer);
      break;
    case EMU_FAULT_BYTE_ORDER_MARK:
      prepend_byte_order_mark (answer);
      break;
    case EMU_FAULT_NAMESPACE_PREFIX:
      add_prefixes (answer);
      break;
    case EMU_FAULT_EMPTY_ANSWER:
      make_empty (answer);
      break;
    case EMU_FAULT_GARBAGE_BODY:
      g_string_truncate (answer->body, 0);
      append_random (answer->body, GARBAGE_SIZE);
      break;
    default:
      break;
  }
}

static gboolean
send_stream (EmuAnswer * answer, EmuWire * wire)
{
  g_autofree gchar *block = g_malloc (BLOCK_SIZE);
  gssize n;

  while ((n = g_input_stream_read (answer->stream, block, BLOCK_SIZE, NULL,
              NULL)) > 0) {
    if (!emu_wire_write (wire, block, n))
      return FALSE;
  }
  return n == 0;
}

/* Head and body go out in one write, if the body is no file. */
static gboolean
send_whole (EmuAnswer * answer, EmuWire * wire, gboolean is_head)
{
  g_autoptr (GString) text = emu_answer_format_head (answer);
  gboolean has_body = !is_head && emu_answer_may_have_body (answer);

  if (has_body && !answer->stream)
    g_string_append_len (text, answer->body->str, answer->body->len);
  if (!emu_wire_write (wire, text->str, text->len))
    return FALSE;
  if (has_body && answer->stream && !send_stream (answer, wire))
    return FALSE;
  return !answer->close;
}

static void
send_half_of_head (EmuAnswer * answer, EmuWire * wire)
{
  g_autoptr (GString) head = emu_answer_format_head (answer);

  emu_wire_write (wire, head->str, head->len / 2);
  emu_wire_close_gently (wire);
}

static void
send_half_of_body (EmuAnswer * answer, EmuWire * wire)
{
  g_autoptr (GString) text = emu_answer_format_head (answer);

  g_string_append_len (text, answer->body->str, answer->body->len / 2);
  emu_wire_write (wire, text->str, text->len);
  emu_wire_close_gently (wire);
}

static void
send_garbage (EmuWire * wire)
{
  g_autoptr (GString) text = g_string_new ("\001");

  append_random (text, GARBAGE_SIZE);
  emu_wire_write (wire, text->str, text->len);
  emu_wire_close_gently (wire);
}

/* @start, then @size bytes of filling out of @block; stops when the client has
 * had enough. */
static void
send_filling (EmuWire * wire, const gchar * start, const gchar * block,
    guint64 size)
{
  gsize len = strlen (block);
  guint64 sent;

  if (!emu_wire_write (wire, start, strlen (start)))
    return;
  for (sent = 0; sent < size; sent += len) {
    if (!emu_wire_write (wire, block, len))
      return;
  }
}

static void
send_huge_body (EmuAnswer * answer, EmuWire * wire)
{
  g_autofree gchar *block = g_strnfill (BLOCK_SIZE, 'a');
  g_autoptr (GString) start = NULL;

  answer->head_length = HUGE_BODY_SIZE;
  start = emu_answer_format_head (answer);
  g_string_append (start, answer->status < 300 ? "<Result><UploadId>"
      : "<Error><Message>");
  send_filling (wire, start->str, block, HUGE_BODY_SIZE);
  emu_wire_close (wire);
}

static void
send_huge_headers (EmuAnswer * answer, EmuWire * wire)
{
  g_autofree gchar *value = g_strnfill (BLOCK_SIZE, 'a');
  g_autofree gchar *block = NULL;
  g_autofree gchar *start = NULL;

  block = g_strdup_printf ("X-Filling: %s\r\n", value);
  start = g_strdup_printf ("HTTP/1.1 %u OK\r\n", answer->status);
  send_filling (wire, start, block, HUGE_HEADERS_SIZE);
  emu_wire_close (wire);
}

static gboolean
send_slowly (EmuAnswer * answer, EmuWire * wire, gdouble seconds)
{
  g_autoptr (GString) text = emu_answer_format_head (answer);
  gsize i;

  g_string_append_len (text, answer->body->str, answer->body->len);
  for (i = 0; i < text->len; i++) {
    if (!emu_wire_write (wire, text->str + i, 1)
        || !emu_wire_wait (wire, seconds < 0 ? 1 : seconds))
      return FALSE;
  }
  return !answer->close;
}

gboolean
emu_answer_has_status (const EmuFault * fault)
{
  EmuFaultKind kind = emu_fault_get_kind (fault);

  return kind != EMU_FAULT_CUT_ANSWER && kind != EMU_FAULT_GARBAGE;
}

gboolean
emu_answer_takes_long (const EmuFault * fault)
{
  EmuFaultKind kind = emu_fault_get_kind (fault);

  return kind == EMU_FAULT_HUGE_BODY || kind == EMU_FAULT_HUGE_HEADERS
      || kind == EMU_FAULT_SLOW_ANSWER;
}

gboolean
emu_answer_send (EmuAnswer * answer, EmuWire * wire, const EmuFault * fault,
    gboolean is_head)
{
  switch (emu_fault_get_kind (fault)) {
    case EMU_FAULT_CUT_ANSWER:
      send_half_of_head (answer, wire);
      return FALSE;
    case EMU_FAULT_TRUNCATED_BODY:
      send_half_of_body (answer, wire);
      return FALSE;
    case EMU_FAULT_GARBAGE:
      send_garbage (wire);
      return FALSE;
    case EMU_FAULT_HUGE_BODY:
      send_huge_body (answer, wire);
      return FALSE;
    case EMU_FAULT_HUGE_HEADERS:
      send_huge_headers (answer, wire);
      return FALSE;
    case EMU_FAULT_SLOW_ANSWER:
      return send_slowly (answer, wire, fault->seconds);
    default:
      return send_whole (answer, wire, is_head);
  }
}
