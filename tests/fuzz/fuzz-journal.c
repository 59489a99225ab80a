/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The journal of a spool. A line that begins with a brace gets the sum in
 * front of it that makes it whole; the others are as they are.
 *
 * Whatever it says, its parts lie side by side from the first byte on, and
 * none is too large. */

#include "fuzz.h"

#include <string.h>

#include "common/crc64.h"
#include "recording/spool-journal.h"

#define MEDIA_ID "media-1"

/* (transfer full) */
static GString *
make_journal (const guint8 * data, gsize size)
{
  GString *journal = g_string_new (NULL);

  while (size > 0) {
    const guint8 *end = memchr (data, '\n', size);
    gsize length = end != NULL ? (gsize) (end - data) : size;

    if (data[0] == '{')
      g_string_append_printf (journal, "%016" G_GINT64_MODIFIER "x ",
          gst_ice_crc64_update (0, data, length));
    length = MIN (length + 1, size);
    g_string_append_len (journal, (const gchar *) data, length);
    data += length;
    size -= length;
  }

  return journal;
}

static void
check_parts (GPtrArray * parts)
{
  guint64 offset = 0;
  guint i;

  g_assert_cmpuint (parts->len, <=, GST_ICE_PART_NUMBER_MAX);
  for (i = 0; i < parts->len; i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (parts, i);

    g_assert_nonnull (part);
    g_assert_cmpuint (part->number, ==, i + 1);
    g_assert_cmpuint (part->offset, ==, offset);
    g_assert_cmpuint (part->size, >, 0);
    g_assert_cmpuint (part->size, <=, GST_ICE_PART_SIZE_MAX);
    offset += part->size;
  }
}

static void
check_left (const GstIceSpoolLeft * left)
{
  check_parts (left->parts);
  g_assert_cmpuint (left->plan.part_size, >=, GST_ICE_PART_SIZE_MIN);
  g_assert_cmpuint (left->plan.part_size, <=, left->plan.max_part_size);
  g_assert_cmpuint (left->plan.max_part_size, <=, GST_ICE_PART_SIZE_MAX);
  g_assert_cmpint (left->created_us, >=, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  GString *journal = make_journal (data, size);
  g_autoptr (GError) error = NULL;
  GstIceSpoolFacts facts = { NULL, 0, FALSE };

  if (!gst_ice_spool_facts_read (&facts, journal->str, journal->len, MEDIA_ID,
          &error)) {
    fuzz_check_error (&error);
  } else {
    g_assert_cmpuint (facts.size, <=, journal->len);
    g_assert_true (facts.size == 0 || journal->str[facts.size - 1] == '\n');
    if (facts.left != NULL)
      check_left (facts.left);
  }
  g_clear_pointer (&facts.left, gst_ice_spool_left_free);
  g_string_free (journal, TRUE);

  return 0;
}
