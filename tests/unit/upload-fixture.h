/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* One upload to an emulator in this process, on a clock that both share and
 * the test moves. The upload runs on the network thread; what is here belongs
 * to the test's own. */

#pragma once

#include "test-time.h"
#include "upload/upload.h"

#define MEDIA_ID "m1"
#define MILLISECOND ((gint64) 1000)
#define SECOND ((gint64) G_USEC_PER_SEC)
#define HOUR (3600 * SECOND)

/* The smallest part that OSS takes, and the configured part size. */
#define PART_SIZE (100 * 1024)

/* An event as it came. */
typedef struct
{
  GstIceUploadEventType type;
  guint part;
  guint generation;
  guint64 size;
  guint64 crc64;
  gchar *etag;                  /* (nullable) (owned) */
  GError *error;                /* (nullable) (owned) */
  gint64 time_us;
} SeenEvent;

/**
 * UploadFixture:
 * @config: to be changed before upload_fixture_start()
 * @events: (element-type SeenEvent): protected by lock
 * @reasons: for which a credential was asked; protected by lock
 * @promises: what the application answers when it is asked
 * @contents: (element-type GBytes): newest bytes of each part, by number - 1
 */
typedef struct
{
  TestTime time;
  IceEmulator *emulator;
  GstIceNetworkThread *thread;
  GstIceUploadConfig *config;
  GstIceUpload *upload;
  GPtrArray *contents;
  gboolean promises;

  GMutex lock;
  GCond changed;
  GPtrArray *events;
  GPtrArray *reasons;
} UploadFixture;

/* @options: of the emulator, a NULL-terminated list, or NULL. */
void upload_fixture_init (UploadFixture * fixture,
    const gchar * const *options);

/* Makes the upload, for what comes before its start. */
void upload_fixture_create (UploadFixture * fixture);
void upload_fixture_start (UploadFixture * fixture);

/* For an upload that the test makes itself. */
const GstIceUploadCallbacks *upload_fixture_get_callbacks (void);

/* Closes the upload and makes a configuration for another one of the same
 * media. */
void upload_fixture_renew (UploadFixture * fixture);

/* Closes the upload if that has not been done: CLOSED must come, once, last.
 * Frees everything. */
void upload_fixture_clear (UploadFixture * fixture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UploadFixture, upload_fixture_clear)

void upload_fixture_add_fault (UploadFixture * fixture, const gchar * fault);

/* A part with bytes that no other has. (transfer full) */
GstIcePart *upload_fixture_make_part (UploadFixture * fixture, guint number,
    guint generation, gsize size);

/* Hands over parts @first to @last of PART_SIZE. */
void upload_fixture_push (UploadFixture * fixture, guint first, guint last);

/* The end of the recording; the last part may come with it. (nullable) */
void upload_fixture_finish (UploadFixture * fixture, GstIcePart * last);

/* How many events of @type have come. */
guint upload_fixture_count (UploadFixture * fixture,
    GstIceUploadEventType type);

/* Waits until @n events of @type have come, while the clock moves by @step a
 * millisecond; 0: it stands. An upload that ends some other way is an error. */
void upload_fixture_wait (UploadFixture * fixture,
    GstIceUploadEventType type, guint n, gint64 step);

/* The first event of @type, which must have come. */
const SeenEvent *upload_fixture_get (UploadFixture * fixture,
    GstIceUploadEventType type);

/* Where the network thread waits: behind all that was asked of it before, and
 * what was sent for it. Static or zeroed. */
typedef struct
{
  UploadFixture *fixture;
  GMutex lock;
  GCond changed;
  gboolean reached;
  gboolean open;
  gboolean passed;
} UploadGate;

void upload_gate_close (UploadGate * gate, UploadFixture * fixture);
void upload_gate_await (UploadGate * gate);
void upload_gate_open (UploadGate * gate);

/* Whatever was asked of the network thread before has been done, and what
 * follows from it has been sent. */
void upload_fixture_turn (UploadFixture * fixture);

/* Time passes by @step a millisecond until @span of it has gone. */
void upload_fixture_pass (UploadFixture * fixture, gint64 span, gint64 step);

guint upload_fixture_count_requests (UploadFixture * fixture,
    IceEmulatorOperation operation, guint status);

/* The most requests of @operation that were on their way at once, of those
 * that began after @serial. */
guint upload_fixture_get_overlap (UploadFixture * fixture,
    IceEmulatorOperation operation, guint serial);

/* The object at OSS is the first @n_parts parts, byte for byte. */
void upload_fixture_check_object (UploadFixture * fixture, guint n_parts);
void upload_fixture_check_no_object (UploadFixture * fixture);

GstIceOutcome upload_fixture_get_outcome (UploadFixture * fixture);
