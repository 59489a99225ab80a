/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A directory for spools, and a recording to put into one. */

#pragma once

#include "recording/spool.h"

#define MEDIA_ID "media-1"
#define PART_SIZE GST_ICE_PART_SIZE_MIN
#define RECORDED_SIZE (2 * PART_SIZE + 100)

/**
 * SpoolFixture:
 * @directory: (owned): for spools; it and all below goes with the fixture
 */
typedef struct
{
  gchar *directory;
} SpoolFixture;

SpoolFixture *spool_fixture_new (void);
void spool_fixture_free (SpoolFixture * fixture);

/* Opens the spool of MEDIA_ID, which must work. (transfer full) */
GstIceSpool *spool_fixture_open (SpoolFixture * fixture);

/* Opening must be refused with @code, and @words in the text. */
void spool_fixture_refuse (SpoolFixture * fixture, GstIceErrorCode code,
    const gchar * words);

/* A run that records RECORDED_SIZE bytes in three parts, of which the second
 * has arrived, and dies. */
void spool_fixture_record (SpoolFixture * fixture);

/* @left is what that run left. */
void assert_left (const GstIceSpoolLeft * left);

/* The path of a file of the spool; of the spool, if @name is NULL.
 * (transfer full) */
gchar *spool_fixture_get_path (SpoolFixture * fixture, const gchar * name);

/* The text of the journal. (transfer full) */
gchar *spool_fixture_read_journal (SpoolFixture * fixture, gsize * size);
void spool_fixture_write_journal (SpoolFixture * fixture, const gchar * text,
    gssize size);

void spool_fixture_assert_journal (SpoolFixture * fixture,
    const gchar * text, gsize size);
void spool_fixture_append (SpoolFixture * fixture, const gchar * text);

/* Appends @json as a line with the right sum. */
void spool_fixture_append_line (SpoolFixture * fixture, const gchar * json);

/* Byte @offset of the recording. */
guint8 recorded_byte (guint64 offset);

/* The whole recording can be read. */
void assert_recorded (GstIceSpool * spool);

const GstIceSpoolPart *spool_part (const GstIceSpoolLeft * left,
    guint number);
void assert_part (const GstIceSpoolLeft * left, guint number,
    guint64 offset, guint64 size, gboolean arrived);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpoolFixture, spool_fixture_free)
