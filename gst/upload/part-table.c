/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The part table; see the header.
 *
 * Part numbers have no gaps: a part that is held back for rewrites arrives
 * here later than its successors, so an entry may exist before its part does.
 * Such an entry has no bytes and does not wait. */

#include "upload/part-table.h"

#include "common/crc64.h"

struct _GstIcePartTable
{
  GPtrArray *entries;           /* (element-type GstIcePartEntry) number - 1 */
  GTree *waiting;               /* number → entry, the lowest first */
  guint n_confirmed;
  guint64 confirmed_bytes;
};

static void
free_entry (GstIcePartEntry * entry)
{
  g_clear_pointer (&entry->part, gst_ice_part_unref);
  g_free (entry->etag);
  g_free (entry);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  return GPOINTER_TO_INT (a) - GPOINTER_TO_INT (b);
}

GstIcePartTable *
gst_ice_part_table_new (void)
{
  GstIcePartTable *table = g_new0 (GstIcePartTable, 1);

  table->entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) free_entry);
  table->waiting = g_tree_new (compare_numbers);

  return table;
}

void
gst_ice_part_table_free (GstIcePartTable * table)
{
  g_tree_unref (table->waiting);
  g_ptr_array_unref (table->entries);
  g_free (table);
}

static void
set_state (GstIcePartTable * table, GstIcePartEntry * entry,
    GstIcePartState state)
{
  if (entry->state == GST_ICE_PART_CONFIRMED) {
    table->n_confirmed--;
    table->confirmed_bytes -= entry->size;
  }

  entry->state = state;
  if (state == GST_ICE_PART_WAITING && entry->part != NULL)
    g_tree_insert (table->waiting, GUINT_TO_POINTER (entry->number), entry);
  else
    g_tree_remove (table->waiting, GUINT_TO_POINTER (entry->number));

  if (state == GST_ICE_PART_CONFIRMED) {
    table->n_confirmed++;
    table->confirmed_bytes += entry->size;
  }
}

static void
append_entry (GstIcePartTable * table)
{
  GstIcePartEntry *entry = g_new0 (GstIcePartEntry, 1);

  entry->number = table->entries->len + 1;
  entry->state = GST_ICE_PART_WAITING;
  g_ptr_array_add (table->entries, entry);
}

GstIcePartEntry *
gst_ice_part_table_get (GstIcePartTable * table, guint number)
{
  g_return_val_if_fail (number >= 1 && number <= table->entries->len, NULL);

  return g_ptr_array_index (table->entries, number - 1);
}

/* The entry that has @part now, or NULL if it has had a newer one.
 * @part: (transfer full) */
static GstIcePartEntry *
take (GstIcePartTable * table, GstIcePart * part)
{
  GstIcePartEntry *entry;

  while (table->entries->len < part->number)
    append_entry (table);
  entry = gst_ice_part_table_get (table, part->number);

  if (entry->generation >= part->generation) {
    gst_ice_part_unref (part);
    return NULL;
  }

  /* What is counted as confirmed is counted with the size it had. */
  if (entry->state == GST_ICE_PART_CONFIRMED)
    set_state (table, entry, GST_ICE_PART_WAITING);
  g_clear_pointer (&entry->part, gst_ice_part_unref);
  entry->part = part;
  entry->generation = part->generation;
  entry->size = part->size;
  entry->crc64 = part->crc64;

  return entry;
}

void
gst_ice_part_table_push (GstIcePartTable * table, GstIcePart * part)
{
  GstIcePartEntry *entry = take (table, part);

  if (entry != NULL && entry->state == GST_ICE_PART_WAITING)
    set_state (table, entry, GST_ICE_PART_WAITING);
}

/* What Complete needs is known; the bytes may be wanted again. */
static void
set_arrived (GstIcePartTable * table, GstIcePartEntry * entry,
    const gchar * etag)
{
  g_free (entry->etag);
  entry->etag = g_strdup (etag);
  if (!gst_ice_part_is_durable (entry->part))
    g_clear_pointer (&entry->part, gst_ice_part_unref);
  set_state (table, entry, GST_ICE_PART_CONFIRMED);
}

void
gst_ice_part_table_add_arrived (GstIcePartTable * table, GstIcePart * part,
    const gchar * etag)
{
  GstIcePartEntry *entry = take (table, part);

  if (entry == NULL)
    return;

  entry->uploads++;
  set_arrived (table, entry, etag);
}

typedef struct
{
  gint64 now_us;
  gint64 next_time_us;
  gboolean largest;
  GstIcePartEntry *found;
} Search;

static gboolean
visit_waiting (gpointer number, gpointer value, gpointer user_data)
{
  GstIcePartEntry *entry = value;
  Search *search = user_data;

  if (gst_ice_part_is_superseded (entry->part))
    return FALSE;
  if (entry->not_before_us <= search->now_us) {
    if (search->found == NULL || entry->size > search->found->size)
      search->found = entry;
    return !search->largest;
  }
  if (search->next_time_us < 0
      || entry->not_before_us < search->next_time_us)
    search->next_time_us = entry->not_before_us;

  return FALSE;
}

GstIcePartEntry *
gst_ice_part_table_next (GstIcePartTable * table, gint64 now_us,
    guint n_last)
{
  Search search = { now_us, -1,
    g_tree_nnodes (table->waiting) <= (gint) n_last, NULL
  };

  g_tree_foreach (table->waiting, visit_waiting, &search);

  return search.found;
}

static gboolean
add_size (gpointer number, gpointer value, gpointer user_data)
{
  *(guint64 *) user_data += ((GstIcePartEntry *) value)->size;

  return FALSE;
}

guint64
gst_ice_part_table_get_waiting_bytes (GstIcePartTable * table)
{
  guint64 bytes = 0;

  g_tree_foreach (table->waiting, add_size, &bytes);

  return bytes;
}

gint64
gst_ice_part_table_next_time (GstIcePartTable * table)
{
  Search search = { G_MININT64, -1, FALSE, NULL };

  g_tree_foreach (table->waiting, visit_waiting, &search);

  return search.next_time_us;
}

void
gst_ice_part_table_set_in_flight (GstIcePartTable * table,
    GstIcePartEntry * entry)
{
  set_state (table, entry, GST_ICE_PART_IN_FLIGHT);
}

void
gst_ice_part_table_set_waiting (GstIcePartTable * table,
    GstIcePartEntry * entry, gint64 not_before_us)
{
  entry->not_before_us = not_before_us;
  set_state (table, entry, GST_ICE_PART_WAITING);
}

gboolean
gst_ice_part_table_confirm (GstIcePartTable * table, GstIcePartEntry * entry,
    const GstIcePart * part, const gchar * etag)
{
  entry->uploads++;
  entry->not_before_us = 0;
  entry->history = (GstIceRetryHistory) { 0 };

  if (entry->part != part || gst_ice_part_is_superseded (entry->part)) {
    set_state (table, entry, GST_ICE_PART_WAITING);
    return FALSE;
  }

  set_arrived (table, entry, etag);

  return TRUE;
}

/* TRUE if @entry has arrived, and can't be sent again. */
static gboolean
is_spent (const GstIcePartEntry * entry)
{
  return entry->state == GST_ICE_PART_CONFIRMED
      && (entry->part == NULL || !gst_ice_part_is_durable (entry->part));
}

gboolean
gst_ice_part_table_revoke (GstIcePartTable * table, GstIcePartEntry * entry)
{
  if (is_spent (entry))
    return FALSE;

  gst_ice_part_table_set_waiting (table, entry, 0);

  return TRUE;
}

gboolean
gst_ice_part_table_can_restart (GstIcePartTable * table)
{
  guint i;

  for (i = 0; i < table->entries->len; i++)
    if (is_spent (g_ptr_array_index (table->entries, i)))
      return FALSE;

  return TRUE;
}

void
gst_ice_part_table_restart (GstIcePartTable * table)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    GstIcePartEntry *entry = g_ptr_array_index (table->entries, i);

    entry->history = (GstIceRetryHistory) { 0 };
    gst_ice_part_table_set_waiting (table, entry, 0);
  }
}

void
gst_ice_part_table_drop_bytes (GstIcePartTable * table)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    GstIcePartEntry *entry = g_ptr_array_index (table->entries, i);

    g_tree_remove (table->waiting, GUINT_TO_POINTER (entry->number));
    g_clear_pointer (&entry->part, gst_ice_part_unref);
  }
}

guint
gst_ice_part_table_get_length (GstIcePartTable * table)
{
  return table->entries->len;
}

guint
gst_ice_part_table_count_confirmed (GstIcePartTable * table)
{
  return table->n_confirmed;
}

guint
gst_ice_part_table_get_prefix (GstIcePartTable * table)
{
  guint i;

  for (i = 0; i < table->entries->len; i++) {
    GstIcePartEntry *entry = g_ptr_array_index (table->entries, i);

    if (entry->state != GST_ICE_PART_CONFIRMED)
      break;
  }

  return i;
}

static gboolean
is_in_reach (const GstIcePartEntry * entry)
{
  if (entry->state == GST_ICE_PART_CONFIRMED)
    return TRUE;

  return entry->part != NULL && !gst_ice_part_is_superseded (entry->part);
}

guint
gst_ice_part_table_get_reach (GstIcePartTable * table)
{
  guint i;

  for (i = 0; i < table->entries->len; i++)
    if (!is_in_reach (g_ptr_array_index (table->entries, i)))
      break;

  return i;
}

guint64
gst_ice_part_table_get_size (GstIcePartTable * table, guint n_parts,
    guint64 * crc64)
{
  guint64 size = 0;
  guint i;

  *crc64 = 0;
  for (i = 0; i < n_parts; i++) {
    GstIcePartEntry *entry = g_ptr_array_index (table->entries, i);

    *crc64 = gst_ice_crc64_combine (*crc64, entry->crc64, entry->size);
    size += entry->size;
  }

  return size;
}

guint64
gst_ice_part_table_get_confirmed_bytes (GstIcePartTable * table)
{
  return table->confirmed_bytes;
}

void
gst_ice_part_table_foreach (GstIcePartTable * table, guint n_parts,
    GstIcePartEntryFunc func, gpointer user_data)
{
  guint i;

  for (i = 0; i < n_parts; i++)
    func (g_ptr_array_index (table->entries, i), user_data);
}
