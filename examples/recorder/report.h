/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What the recorder tells: lines on stdout, and numbers for Prometheus.
 *
 * Any thread. The numbers are written to a file that the node exporter's
 * textfile collector reads; the file is replaced as a whole, so that nobody
 * sees half of one. */

#pragma once

#include <glib.h>

/* What the recorder is doing; exactly one is 1 in the metric `state`. */
typedef enum
{
  REPORT_WAITING,               /* for a media id, or for the camera */
  REPORT_RECORDING,
  REPORT_DISK_FULL,
  REPORT_STOPPING,
  REPORT_N_STATES,
} ReportState;

/* What only grows. */
typedef enum
{
  REPORT_WRITTEN_BYTES,
  REPORT_SENT_BYTES,
  REPORT_UPLOADED_BYTES,
  REPORT_FRAGMENTS_STARTED,
  REPORT_FRAGMENTS_COMPLETE,
  REPORT_FRAGMENTS_FAILED,
  REPORT_SPLITS_DELAYED,
  REPORT_CAMERA_CONNECTIONS,
  REPORT_CAMERA_LOSSES,
  REPORT_ID_FAILURES,
  REPORT_N_COUNTERS,
} ReportCounter;

/* What goes up and down. */
typedef enum
{
  REPORT_LAG,
  REPORT_PENDING_BYTES,
  REPORT_FRAGMENTS_WAITING,
  REPORT_MEDIA_IDS,
  REPORT_MEMORY_BYTES,
  REPORT_SPOOL_BYTES,
  REPORT_LAST_FRAME,
  REPORT_LAST_SUCCESS,
  REPORT_CREDENTIAL_EXPIRY,
  REPORT_N_GAUGES,
} ReportGauge;

/* Before GStreamer says anything. @metrics_file: (nullable). */
void report_init (gboolean as_json, const gchar * metrics_file);

/* One line: an event, and pairs of name and value, ended by NULL; a pair whose
 * value is NULL is left out. */
void report_event (const gchar * event, ...) G_GNUC_NULL_TERMINATED;

void report_set_state (ReportState state);
void report_add (ReportCounter counter, gdouble value);
void report_set (ReportGauge gauge, gdouble value);

/* A number that the recorder does not have any more. */
void report_unset (ReportGauge gauge);

/* Writes the file, if there is to be one. */
void report_write (void);
