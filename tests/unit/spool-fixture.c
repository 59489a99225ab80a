/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The fixture; see the header. The thread of the test. */

#include "spool-fixture.h"

#include <glib/gstdio.h>

#include <string.h>
#include <unistd.h>

#include "common/crc64.h"
#include "../remove-tree.h"

/* In memory, unless TMPDIR says where: a disk that others keep busy takes its
 * time to write what is forced to it. */
static const gchar *
get_tmp_dir (void)
{
  if (g_getenv ("TMPDIR") == NULL && g_access ("/dev/shm", W_OK) == 0)
    return "/dev/shm";

  return g_get_tmp_dir ();
}

SpoolFixture *
spool_fixture_new (void)
{
  SpoolFixture *fixture = g_new0 (SpoolFixture, 1);

  fixture->directory = g_build_filename (get_tmp_dir (),
      "icesink-spool-XXXXXX", NULL);
  g_assert_nonnull (g_mkdtemp (fixture->directory));

  return fixture;
}

void
spool_fixture_free (SpoolFixture * fixture)
{
  g_assert_true (test_remove_tree (fixture->directory));
  g_free (fixture->directory);
  g_free (fixture);
}

GstIceSpool *
spool_fixture_open (SpoolFixture * fixture)
{
  g_autoptr (GError) error = NULL;
  GstIceSpool *spool = gst_ice_spool_open (fixture->directory, MEDIA_ID, 0,
      GST_ICE_SPOOL_CREATE, &error);

  g_assert_no_error (error);

  return spool;
}

void
spool_fixture_refuse (SpoolFixture * fixture, GstIceErrorCode code,
    const gchar * words)
{
  g_autoptr (GError) error = NULL;
  GstIceSpool *spool = gst_ice_spool_open (fixture->directory, MEDIA_ID, 0,
      GST_ICE_SPOOL_CREATE, &error);

  g_assert_null (spool);
  g_assert_error (error, GST_ICE_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, MEDIA_ID));
  if (strstr (error->message, words) == NULL)
    g_error ("`%s` has no `%s`", error->message, words);
}

guint8
recorded_byte (guint64 offset)
{
  return offset * 7 + offset / 251;
}

static void
write_data (GstIceSpool * spool)
{
  g_autofree guint8 *bytes = g_malloc (RECORDED_SIZE);
  g_autoptr (GError) error = NULL;
  gsize i;

  for (i = 0; i < RECORDED_SIZE; i++)
    bytes[i] = recorded_byte (i);

  gst_ice_spool_write (spool, 0, bytes, RECORDED_SIZE, &error);
  g_assert_no_error (error);
}

void
spool_fixture_record (SpoolFixture * fixture)
{
  const GstIcePartPlan plan = { PART_SIZE, 2 * PART_SIZE };
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);

  gst_ice_spool_note_run (spool, 0, &plan);
  gst_ice_spool_note_format (spool,
      "video/mpegts, systemstream=(boolean)true", "video/mp2t");
  gst_ice_spool_note_upload (spool, "bucket", "path/\303\251 \"object\".ts",
      "UPLOAD");
  write_data (spool);
  gst_ice_spool_note_part (spool, 2, PART_SIZE, PART_SIZE);
  gst_ice_spool_note_arrived (spool, 2, PART_SIZE,
      G_GUINT64_CONSTANT (0xfedcba9876543210), "\"ETAG\"");
  gst_ice_spool_note_part (spool, 3, 2 * PART_SIZE, 100);
  gst_ice_spool_flush (spool);
}

gchar *
spool_fixture_get_path (SpoolFixture * fixture, const gchar * name)
{
  return g_build_filename (fixture->directory, MEDIA_ID, name, NULL);
}

gchar *
spool_fixture_read_journal (SpoolFixture * fixture, gsize * size)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, "journal");
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, size, &error);
  g_assert_no_error (error);

  return text;
}

void
spool_fixture_write_journal (SpoolFixture * fixture, const gchar * text,
    gssize size)
{
  g_autofree gchar *path = spool_fixture_get_path (fixture, "journal");
  g_autoptr (GError) error = NULL;

  /* A new file is not forced to the disk, which would take its time. */
  g_assert_cmpint (g_remove (path), ==, 0);
  g_file_set_contents_full (path, text, size, G_FILE_SET_CONTENTS_NONE, 0600,
      &error);
  g_assert_no_error (error);
}

void
spool_fixture_assert_journal (SpoolFixture * fixture, const gchar * text,
    gsize size)
{
  g_autofree gchar *found = NULL;
  gsize found_size;

  found = spool_fixture_read_journal (fixture, &found_size);
  g_assert_cmpmem (found, found_size, text, size);
}

void
spool_fixture_append (SpoolFixture * fixture, const gchar * text)
{
  gsize size;
  g_autofree gchar *before = spool_fixture_read_journal (fixture, &size);
  g_autofree gchar *after = g_strconcat (before, text, NULL);

  spool_fixture_write_journal (fixture, after, -1);
}

void
spool_fixture_append_line (SpoolFixture * fixture, const gchar * json)
{
  g_autofree gchar *line = g_strdup_printf ("%016" G_GINT64_MODIFIER "x %s\n",
      gst_ice_crc64_update (0, json, strlen (json)), json);

  spool_fixture_append (fixture, line);
}

void
assert_left (const GstIceSpoolLeft * left)
{
  g_assert_nonnull (left);
  g_assert_cmpuint (left->size, ==, RECORDED_SIZE);
  g_assert_cmpuint (left->parts->len, ==, 3);
  assert_part (left, 1, 0, PART_SIZE, FALSE);
  assert_part (left, 2, PART_SIZE, PART_SIZE, TRUE);
  assert_part (left, 3, 2 * PART_SIZE, 100, FALSE);
}

void
assert_recorded (GstIceSpool * spool)
{
  g_autofree guint8 *bytes = g_malloc (RECORDED_SIZE);
  g_autoptr (GError) error = NULL;
  gsize i;

  gst_ice_spool_read (spool, 0, bytes, RECORDED_SIZE, &error);
  g_assert_no_error (error);
  for (i = 0; i < RECORDED_SIZE; i++)
    g_assert_cmpuint (bytes[i], ==, recorded_byte (i));
}

const GstIceSpoolPart *
spool_part (const GstIceSpoolLeft * left, guint number)
{
  g_assert_cmpuint (number, <=, left->parts->len);

  return g_ptr_array_index (left->parts, number - 1);
}

void
assert_part (const GstIceSpoolLeft * left, guint number, guint64 offset,
    guint64 size, gboolean arrived)
{
  const GstIceSpoolPart *part = spool_part (left, number);

  g_assert_cmpuint (part->number, ==, number);
  g_assert_cmpuint (part->offset, ==, offset);
  g_assert_cmpuint (part->size, ==, size);
  g_assert_cmpint (part->arrived, ==, arrived);
}
