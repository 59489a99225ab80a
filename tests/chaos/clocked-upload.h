/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A recording and an upload, joined as the element joins them, on a clock that
 * they share with the emulator and that the test moves: hours pass in seconds.
 *
 * The calling thread is the streaming thread; the upload has its own. */

#pragma once

#include "recording/recording.h"
#include "unit/upload-fixture.h"

#define MIB (1024 * 1024)
#define MINUTE (60 * SECOND)

/**
 * ClockedUploadConfig:
 * @max_memory: as of the element; part size and head size are its defaults
 * @max_part_duration: likewise
 * @credential_life: option of the emulator, which keeps no content
 * @tick: how far the clock goes at a time
 * @bytes_per_tick: what is recorded meanwhile, a multiple of four
 */
typedef struct
{
  guint64 max_memory;
  gint64 max_part_duration;
  const gchar *credential_life;
  gint64 tick;
  guint bytes_per_tick;
} ClockedUploadConfig;

/**
 * ClockedUpload:
 * @config: (unowned)
 * @fixture: the upload, the emulator and their clock
 * @recording: (owned)
 * @crc64: of all that was recorded
 * @size: the same in bytes
 * @data: (owned): of one tick
 * @state: of the generator of bytes
 */
typedef struct
{
  const ClockedUploadConfig *config;
  UploadFixture fixture;
  GstIceRecording *recording;
  guint64 crc64;
  guint64 size;
  guint32 *data;
  guint32 state;
} ClockedUpload;

/* Starts the upload, which never gives up. */
void clocked_upload_init (ClockedUpload * self,
    const ClockedUploadConfig * config);
void clocked_upload_clear (ClockedUpload * self);

/* Records for that time. Memory must not go beyond its bounds. */
void clocked_upload_record (ClockedUpload * self, gint64 span);

/* Ends the recording: the object must be exact. */
void clocked_upload_finish (ClockedUpload * self);

/* The age of the oldest byte that has not arrived. */
gint64 clocked_upload_get_lag (ClockedUpload * self);
guint clocked_upload_count_requests (ClockedUpload * self);
guint clocked_upload_count_events (ClockedUpload * self,
    GstIceUploadEventType type);
void clocked_upload_set_reachable (ClockedUpload * self, gboolean reachable);
