/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Restoring; see the header.
 *
 * Runs on: the thread that makes the recording, then jobs of the spool.
 * Owns: nothing. */

#include "recording/restoring.h"

#include "common/crc64.h"
#include "common/error.h"
#include "common/lock.h"

/* What verifying reads at a time. */
#define BLOCK_SIZE (1024 * 1024)

/* TRUE if @part can stay as it is. A last one that is too small to be followed
 * by another can't, nor one that arrived before all of it was on disk. */
static gboolean
is_restorable (const GstIceSpoolLeft * left, guint index)
{
  const GstIceSpoolPart *part = g_ptr_array_index (left->parts, index);

  if (part->freed)
    return TRUE;

  return part->offset + part->size <= left->size
      && (index + 1 < left->parts->len || part->size >= GST_ICE_PART_SIZE_MIN);
}

/* The parts that the journal knows. */
static gboolean
add_known (GstIceRestoring * self, const GstIceSpoolLeft * left,
    GError ** error)
{
  guint i;

  for (i = 0; i < left->parts->len && is_restorable (left, i); i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (left->parts, i);

    if (!gst_ice_part_list_add_left (self->list, part->size, part->freed,
            error))
      return FALSE;
  }
  self->n_left = i;

  return TRUE;
}

/* The bytes behind them, as far as they make up parts. */
static gboolean
add_rest (GstIceRestoring * self, guint64 end, GError ** error)
{
  GstIcePartList *list = self->list;

  while (end - list->size >= GST_ICE_PART_SIZE_MIN) {
    guint64 planned = gst_ice_part_plan_get_size (&list->plan,
        list->last_number + 1, list->size);

    if (planned == 0)
      return gst_ice_set_error (error, GST_ICE_ERROR_NO_SPACE,
          "The spool has more than an object can have");
    if (!gst_ice_part_list_add_left (list, MIN (planned, end - list->size),
            FALSE, error))
      return FALSE;
  }
  self->n_parts = list->last_number;

  return TRUE;
}

gboolean
gst_ice_restoring_begin (GstIceRestoring * self, GstIcePartList * list,
    guint64 * size, GError ** error)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (list->spool);

  *size = left->size;
  self->list = list;
  /* Nothing before the end is rewritten, so no head is held back. */
  list->head_size = list->head_end = 0;

  return add_known (self, left, error) && add_rest (self, left->size, error);
}

static gboolean
check_attached (GstIceRestoring * self, GError ** error)
{
  gst_ice_lock_scope (&self->list->lock);

  return self->list->spool != NULL
      || gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
      "The spool was let go of before all of it had been read");
}

static gboolean
sum_range (GstIceRestoring * self, GstIceSpool * spool, guint64 offset,
    guint64 size, guint64 * crc64, GError ** error)
{
  g_autofree guint8 *block = g_malloc (BLOCK_SIZE);

  for (*crc64 = 0; size > 0;) {
    gsize n = MIN (size, BLOCK_SIZE);

    if (!check_attached (self, error)
        || !gst_ice_spool_read (spool, offset, block, n, error))
      return FALSE;
    *crc64 = gst_ice_crc64_update (*crc64, block, n);
    offset += n;
    size -= n;
  }

  return TRUE;
}

/* TRUE if @part is on disk as it has arrived. */
static gboolean
is_as_arrived (const GstIceHeldPart * part, const GstIceSpoolPart * left)
{
  return left != NULL && left->arrived && left->size_arrived == part->size
      && left->crc64 == part->crc64;
}

/* Part @number is on disk with @crc64. Returns it if it has arrived like that.
 * (transfer full) (nullable) */
static GstIcePart *
set_crc64 (GstIceRestoring * self, GstIceSpool * spool, guint number,
    const GstIceSpoolPart * left, guint64 crc64)
{
  gst_ice_lock_scope (&self->list->lock);
  GstIceHeldPart *part = gst_ice_part_list_find_number (self->list, number);
  GstIcePart *sealed;

  if (part == NULL)
    return NULL;

  part->crc64 = crc64;
  part->unverified = FALSE;
  if (!is_as_arrived (part, left))
    return NULL;

  sealed = gst_ice_held_part_seal (part, spool);
  part->confirmed = TRUE;

  return sealed;
}

/* A part whose bytes are at the service only. */
static GstIcePart *
new_freed_part (const GstIceSpoolPart * left)
{
  return gst_ice_part_new (&(GstIcePart) {
        .number = left->number,
        .generation = 1,
        .offset = left->offset,
        .size = left->size_arrived,
        .crc64 = left->crc64,
      });
}

/* What the journal says of part @number, if it is still that part. */
static const GstIceSpoolPart *
get_left_part (GstIceRestoring * self, GstIceSpool * spool, guint number)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  return number <= self->n_left ?
      g_ptr_array_index (left->parts, number - 1) : NULL;
}

/* FALSE if there is no such part. */
static gboolean
get_range (GstIceRestoring * self, guint number, guint64 * offset,
    guint64 * size)
{
  gst_ice_lock_scope (&self->list->lock);
  const GstIceHeldPart *part =
      gst_ice_part_list_find_number (self->list, number);

  if (part == NULL)
    return FALSE;

  *offset = part->offset;
  *size = part->size;

  return TRUE;
}

static gboolean
verify_part (GstIceRestoring * self, GstIceSpool * spool, guint number,
    GstIceArrivedFunc arrived, gpointer user_data, GError ** error)
{
  const GstIceSpoolPart *left = get_left_part (self, spool, number);
  GstIcePart *sealed;
  guint64 offset, size, crc64;

  if (left != NULL && left->freed && left->arrived) {
    arrived (new_freed_part (left), left->etag, user_data);
    return TRUE;
  }
  if (left != NULL && left->freed)
    return gst_ice_set_error (error, GST_ICE_ERROR_FAILED,
        "Part %u is neither in the spool nor at the service", number);

  /* Until it is verified, it is not written. */
  if (!get_range (self, number, &offset, &size))
    return check_attached (self, error);
  if (!sum_range (self, spool, offset, size, &crc64, error))
    return FALSE;

  sealed = set_crc64 (self, spool, number, left, crc64);
  if (sealed != NULL)
    arrived (sealed, left->etag, user_data);

  return TRUE;
}

gboolean
gst_ice_restoring_verify_next (GstIceRestoring * self, GstIceSpool * spool,
    gboolean * done, GstIceArrivedFunc arrived, gpointer user_data,
    GError ** error)
{
  *done = self->n_verified == self->n_parts;

  return *done || verify_part (self, spool, ++self->n_verified, arrived,
      user_data, error);
}
