/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What was asked and answered, for tests and for --log.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held.
 *
 * Memory is bounded: beyond RECORDS_MAX the oldest are dropped; the counts
 * stay right. */

#include "records.h"

#include <errno.h>
#include <stdio.h>
#include <glib/gstdio.h>

#include "fault-script.h"
#include "text.h"

#define RECORDS_MAX 100000
#define OPERATIONS (ICE_EMULATOR_OPTIONS + 1)
#define STATUS_MAX 600

struct _EmuRecords
{
  GMutex lock;                  /* protects the rest */
  GQueue queue;                 /* (element-type IceEmulatorRecord) */
  guint last_serial;
  guint counts[OPERATIONS][STATUS_MAX];
  FILE *log;                    /* (nullable) */
};

EmuRecords *
emu_records_new (const gchar * log, GError ** error)
{
  FILE *file = NULL;
  EmuRecords *records;

  if (log) {
    file = g_fopen (log, "ae");
    if (!file) {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
          "%s: %s", log, g_strerror (errno));
      return NULL;
    }
    setvbuf (file, NULL, _IOLBF, 0);
  }
  records = g_new0 (EmuRecords, 1);
  g_mutex_init (&records->lock);
  g_queue_init (&records->queue);
  records->log = file;
  return records;
}

void
emu_records_free (EmuRecords * records)
{
  g_queue_clear_full (&records->queue, emu_record_free);
  g_clear_pointer (&records->log, fclose);
  g_mutex_clear (&records->lock);
  g_free (records);
}

IceEmulatorRecord *
emu_record_new (void)
{
  return g_new0 (IceEmulatorRecord, 1);
}

void
emu_record_free (gpointer data)
{
  IceEmulatorRecord *record = data;

  g_free (record->code);
  g_free (record->upload_id);
  g_free (record->fault);
  g_free (record->user_agent);
  g_free (record);
}

static gpointer
record_copy (const IceEmulatorRecord * record)
{
  IceEmulatorRecord *copy = g_memdup2 (record, sizeof *record);

  copy->code = g_strdup (record->code);
  copy->upload_id = g_strdup (record->upload_id);
  copy->fault = g_strdup (record->fault);
  copy->user_agent = g_strdup (record->user_agent);
  return copy;
}

guint
emu_records_next_serial (EmuRecords * records)
{
  guint serial;

  g_mutex_lock (&records->lock);
  serial = ++records->last_serial;
  g_mutex_unlock (&records->lock);
  return serial;
}

static void
append_text (GString * line, const gchar * name, const gchar * value)
{
  g_autofree gchar *quoted = NULL;

  if (!value)
    return;
  quoted = emu_json_quote (value);
  g_string_append_printf (line, ",\"%s\":%s", name, quoted);
}

static void
write_log (FILE * log, const IceEmulatorRecord * record, gint64 wall_us)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "{\"serial\":%u,\"time\":%" G_GINT64_FORMAT
      ".%06" G_GINT64_FORMAT ",\"duration_us\":%" G_GINT64_FORMAT,
      record->serial, wall_us / G_USEC_PER_SEC, wall_us % G_USEC_PER_SEC,
      record->end_us - record->begin_us);
  append_text (line, "operation", emu_operation_get_name (record->operation));
  g_string_append_printf (line, ",\"connection\":%u,\"part\":%u,\"bytes\":%"
      G_GUINT64_FORMAT ",\"status\":%u,\"generation\":%u", record->connection,
      record->part_number, record->body_bytes, record->status,
      record->generation);
  append_text (line, "code", record->code);
  append_text (line, "upload-id", record->upload_id);
  append_text (line, "fault", record->fault);
  append_text (line, "user-agent", record->user_agent);
  fprintf (log, "%s}\n", line->str);
}

void
emu_records_add (EmuRecords * records, IceEmulatorRecord * record,
    gint64 wall_us)
{
  g_mutex_lock (&records->lock);
  records->counts[record->operation][MIN (record->status, STATUS_MAX - 1)]++;
  if (records->log)
    write_log (records->log, record, wall_us);
  g_queue_push_tail (&records->queue, record);
  if (records->queue.length > RECORDS_MAX)
    emu_record_free (g_queue_pop_head (&records->queue));
  g_mutex_unlock (&records->lock);
}

static gint
compare_serials (gconstpointer a, gconstpointer b)
{
  const IceEmulatorRecord *record_a = *(IceEmulatorRecord * const *) a;
  const IceEmulatorRecord *record_b = *(IceEmulatorRecord * const *) b;

  return record_a->serial < record_b->serial ? -1
      : record_a->serial > record_b->serial;
}

GPtrArray *
emu_records_copy (EmuRecords * records)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func (emu_record_free);
  GList *item;

  g_mutex_lock (&records->lock);
  for (item = records->queue.head; item; item = item->next)
    g_ptr_array_add (copy, record_copy (item->data));
  g_mutex_unlock (&records->lock);
  g_ptr_array_sort (copy, compare_serials);
  return copy;
}

/* Call with the lock held. */
static guint
count_operation (EmuRecords * records, guint operation, guint status)
{
  guint total = 0;
  guint i;

  if (status != 0)
    return records->counts[operation][MIN (status, STATUS_MAX - 1)];
  for (i = 0; i < STATUS_MAX; i++)
    total += records->counts[operation][i];
  return total;
}

guint
emu_records_count (EmuRecords * records, IceEmulatorOperation operation,
    guint status)
{
  guint total = 0;
  guint i;

  g_mutex_lock (&records->lock);
  for (i = 0; i < OPERATIONS; i++) {
    if (operation == ICE_EMULATOR_ANY || operation == i)
      total += count_operation (records, i, status);
  }
  g_mutex_unlock (&records->lock);
  return total;
}
