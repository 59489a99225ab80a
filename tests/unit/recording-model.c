/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The model of a recording; see the header. One thread at a time. */

#include "recording-model.h"

#include <string.h>

#include "common/error.h"
#include "hand-clock.h"
#include "icesink/settings.h"

#define KIB G_GUINT64_CONSTANT (1024)
#define SECOND ((gint64) G_USEC_PER_SEC)

typedef struct
{
  guint64 offset;
  guint generation;
  GBytes *bytes;
} Stored;

static void
free_stored (gpointer data)
{
  Stored *stored = data;

  g_bytes_unref (stored->bytes);
  g_free (stored);
}

/* What becomes of byte @value when @n more have followed it. */
static guint64
shift_byte (guint8 value, guint n)
{
  guint64 crc = value;
  guint bit;

  for (bit = 0; bit < 8 * (n + 1); bit++)
    crc = (crc >> 1) ^ (crc & 1 ? G_GUINT64_CONSTANT (0xc96c5795d7870f42) : 0);

  return crc;
}

/* CRC-64/XZ from its definition, eight bytes at a time. */
static guint64
get_crc64 (const guint8 * data, gsize size)
{
  static guint64 table[8][256];
  guint64 crc = ~G_GUINT64_CONSTANT (0), word;
  gsize i;

  for (i = 0; table[7][255] == 0 && i < 8 * 256; i++)
    table[i / 256][i % 256] = shift_byte (i % 256, i / 256);

  for (; size >= 8; data += 8, size -= 8) {
    memcpy (&word, data, 8);
    word = GUINT64_FROM_LE (word) ^ crc;
    for (crc = 0, i = 0; i < 8; i++)
      crc ^= table[7 - i][(word >> (8 * i)) & 0xff];
  }
  for (; size > 0; data++, size--)
    crc = (crc >> 8) ^ table[0][(crc ^ *data) & 0xff];

  return ~crc;
}

static void
on_sealed (GstIcePart * part, gpointer user_data)
{
  RecordingModel *model = user_data;

  g_ptr_array_add (model->waiting, part);
}

RecordingModel *
recording_model_new (const GstIceRecordingConfig * config, guint seed)
{
  RecordingModel *model = g_new0 (RecordingModel, 1);

  model->now_us = G_USEC_PER_SEC;
  model->clock = hand_clock_new (&model->now_us);
  model->rand = g_rand_new_with_seed (seed);
  model->file = g_byte_array_new ();
  model->waiting =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_ice_part_unref);
  model->stored = g_hash_table_new_full (NULL, NULL, NULL, free_stored);
  model->max_memory = config->max_memory;
  model->spool = config->spool;
  model->verified = TRUE;
  model->recording = gst_ice_recording_new (config, model->clock, on_sealed,
      model);

  return model;
}

void
recording_model_free (RecordingModel * model)
{
  gst_ice_recording_unref (model->recording);
  g_ptr_array_unref (model->waiting);
  g_hash_table_unref (model->stored);
  g_byte_array_unref (model->file);
  g_rand_free (model->rand);
  gst_ice_clock_unref (model->clock);
  g_free (model);
}

/* ---- the network ---- */

static GBytes *
join_bytes (GstIcePart * part)
{
  g_autoptr (GInputStream) stream = gst_ice_part_open (part);
  g_autoptr (GError) error = NULL;
  guint8 *joined = g_malloc (part->size);
  gsize size;

  g_input_stream_read_all (stream, joined, part->size, &size, NULL, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (joined, size);
}

/* The bytes are looked at as late as this, so a part that was changed after
 * it had been sealed is found. */
static void
store (RecordingModel * model, GstIcePart * part)
{
  gpointer key = GUINT_TO_POINTER (part->number);
  const Stored *old = g_hash_table_lookup (model->stored, key);
  Stored *stored = g_new (Stored, 1);
  gsize size;
  const guint8 *data;

  stored->offset = part->offset;
  stored->generation = part->generation;
  stored->bytes = join_bytes (part);
  data = g_bytes_get_data (stored->bytes, &size);
  g_assert_cmpuint (size, ==, part->size);
  g_assert_cmphex (get_crc64 (data, size), ==, part->crc64);

  model->n_sent++;
  model->sent += size;
  if (old != NULL && old->generation > 0) {
    model->n_resent++;
    g_assert_cmpuint (old->generation, <, part->generation);
    g_assert_cmpuint (old->offset, ==, part->offset);
  }
  g_hash_table_insert (model->stored, key, stored);
}

/* TRUE if a newer version of the part at @index waits as well, or will. */
static gboolean
is_superseded (RecordingModel * model, guint index)
{
  GstIcePart *part = g_ptr_array_index (model->waiting, index);
  guint i;

  if (gst_ice_part_is_superseded (part))
    return TRUE;

  for (i = index + 1; i < model->waiting->len; i++) {
    GstIcePart *other = g_ptr_array_index (model->waiting, i);

    if (other->number == part->number)
      return TRUE;
  }

  return FALSE;
}

static void
tell_arrived (RecordingModel * model, GstIcePart * part)
{
  guint number = part->number, generation = part->generation;

  if (model->spool != NULL)
    gst_ice_spool_note_arrived (model->spool, number, part->size,
        part->crc64, "\"etag\"");
  /* Its memory is free when the recording hears of it. */
  gst_ice_part_unref (part);
  gst_ice_recording_confirmed (model->recording, number, generation);
}

/* A version with a newer one behind it is either never sent or arrives
 * first: one request of a number is on its way at a time. */
void
recording_model_arrive (RecordingModel * model, guint index)
{
  gboolean superseded = is_superseded (model, index);
  GstIcePart *part = g_ptr_array_index (model->waiting, index);
  guint i;

  for (i = index; i > 0; i--) {
    GstIcePart *other = g_ptr_array_index (model->waiting, i - 1);

    if (other->number != part->number)
      continue;
    g_ptr_array_remove_index (model->waiting, i - 1);
    index--;
  }

  part = g_ptr_array_steal_index (model->waiting, index);
  if (!superseded || (model->spool == NULL
          && g_rand_boolean (model->rand))) {
    store (model, part);
    tell_arrived (model, g_steal_pointer (&part));
  }
  g_clear_pointer (&part, gst_ice_part_unref);
}

void
recording_model_arrive_any (RecordingModel * model)
{
  recording_model_arrive (model, g_rand_int_range (model->rand, 0,
          model->waiting->len));
}

void
recording_model_arrive_all (RecordingModel * model)
{
  while (model->waiting->len > 0)
    recording_model_arrive (model, 0);
}

/* ---- a crash ---- */

static void
on_arrived (GstIcePart * part, const gchar * etag, gpointer user_data)
{
  RecordingModel *model = user_data;
  Stored *stored = g_hash_table_lookup (model->stored,
      GUINT_TO_POINTER (part->number));

  g_assert_cmpstr (etag, ==, "\"etag\"");
  g_assert_nonnull (stored);
  g_assert_cmpuint (stored->offset, ==, part->offset);
  g_assert_cmpuint (g_bytes_get_size (stored->bytes), ==, part->size);
  stored->generation = part->generation;
  model->n_found++;
  gst_ice_part_unref (part);
}

/* Generations count from 1 again. */
static void
forget_generation (gpointer key, gpointer value, gpointer user_data)
{
  Stored *stored = value;

  stored->generation = 0;
}

void
recording_model_restart (RecordingModel * model,
    const GstIceRecordingConfig * config)
{
  g_ptr_array_set_size (model->waiting, 0);
  gst_ice_recording_detach_spool (model->recording);
  gst_ice_recording_discard (model->recording);
  gst_ice_recording_unref (model->recording);
  g_hash_table_foreach (model->stored, forget_generation, NULL);
  g_byte_array_set_size (model->file, 0);
  model->position = 0;

  model->spool = config->spool;
  model->max_memory = config->max_memory;
  model->recording = gst_ice_recording_new (config, model->clock, on_sealed,
      model);
}

/* The service has what the spool has freed. */
static void
copy_freed (RecordingModel * model, guint8 * file,
    const GstIceSpoolPart * left)
{
  const Stored *stored = g_hash_table_lookup (model->stored,
      GUINT_TO_POINTER (left->number));

  g_assert_nonnull (stored);
  g_assert_cmpuint (stored->offset, ==, left->offset);
  g_assert_cmpuint (g_bytes_get_size (stored->bytes), ==, left->size);
  memcpy (file + left->offset, g_bytes_get_data (stored->bytes, NULL),
      left->size);
}

static void
copy_spooled (RecordingModel * model, guint8 * file, guint64 from, guint64 to)
{
  g_autoptr (GError) error = NULL;

  /* Of no bytes there may be no memory. */
  if (from == to)
    return;

  gst_ice_spool_read (model->spool, from, file + from, to - from, &error);
  g_assert_no_error (error);
}

/* What is left. (transfer full) */
static GByteArray *
read_left (RecordingModel * model)
{
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (model->spool);
  GByteArray *file = g_byte_array_new ();
  guint64 at = 0;
  guint i;

  if (left == NULL)
    return file;

  g_byte_array_set_size (file, left->size);
  for (i = 0; i < left->parts->len; i++) {
    const GstIceSpoolPart *part = g_ptr_array_index (left->parts, i);

    if (!part->freed || part->offset >= left->size)
      continue;
    copy_spooled (model, file->data, at, part->offset);
    copy_freed (model, file->data, part);
    at = part->offset + part->size;
  }
  copy_spooled (model, file->data, at, left->size);

  return file;
}

void
recording_model_crash (RecordingModel * model,
    const GstIceRecordingConfig * config, gboolean exact)
{
  g_autoptr (GByteArray) file = NULL;
  g_autoptr (GError) error = NULL;

  model->spool = config->spool;
  file = read_left (model);
  /* Of no bytes there may be no data. */
  g_assert_true (!exact || file->len == 0 || (file->len <= model->file->len
          && memcmp (file->data, model->file->data, file->len) == 0));
  recording_model_restart (model, config);
  g_byte_array_append (model->file, file->data, file->len);

  model->verified = FALSE;
  gst_ice_recording_restore (model->recording, &error);
  g_assert_no_error (error);
  /* On a disk that has no room this works later. */
  gst_ice_spool_truncate (model->spool,
      gst_ice_recording_get_size (model->recording), NULL);
  model->position = gst_ice_recording_get_position (model->recording);
  g_assert_cmpuint (model->position, ==, model->file->len);
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer user_data)
{
  return ((Stored *) value)->generation == 0;
}

void
recording_model_verify (RecordingModel * model)
{
  g_autoptr (GError) error = NULL;
  gboolean done = FALSE;

  while (!done) {
    gst_ice_recording_verify_next (model->recording, model->spool, &done,
        on_arrived, model, &error);
    g_assert_no_error (error);
  }
  g_hash_table_foreach_remove (model->stored, is_forgotten, NULL);
  model->verified = TRUE;
}

/* ---- the muxer ---- */

static void
check_memory (RecordingModel * model)
{
  guint64 used = gst_ice_recording_get_memory_used (model->recording);

  g_assert_cmpuint (used, <=, model->max_memory);
  model->peak = MAX (model->peak, used);
}

void
recording_model_seek (RecordingModel * model, guint64 offset)
{
  g_autoptr (GError) error = NULL;

  gst_ice_recording_seek (model->recording, offset, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (gst_ice_recording_get_position (model->recording), ==,
      offset);
  model->position = offset;
}

static void
write_file (RecordingModel * model, const guint8 * data, gsize size)
{
  guint64 end = model->position + size, old_end = model->file->len;

  if (end > old_end) {
    g_byte_array_set_size (model->file, end);
    memset (model->file->data + old_end, 0, end - old_end);
  }
  memcpy (model->file->data + model->position, data, size);
  model->position = end;
}

/* The bytes at the position are with the service, and the newest version of
 * them, so that nobody else has to have them. */
static gboolean
has_arrived (RecordingModel * model)
{
  GHashTableIter iter;
  gpointer key;
  Stored *stored;
  guint i;

  g_hash_table_iter_init (&iter, model->stored);
  while (g_hash_table_iter_next (&iter, &key, (gpointer *) & stored)) {
    if (model->position < stored->offset
        || model->position - stored->offset >=
        g_bytes_get_size (stored->bytes))
      continue;
    for (i = 0; i < model->waiting->len; i++) {
      GstIcePart *part = g_ptr_array_index (model->waiting, i);

      if (part->number == GPOINTER_TO_UINT (key))
        return FALSE;
    }
    return TRUE;
  }

  return FALSE;
}

/* The one refusal that there is. */
static void
check_refusal (RecordingModel * model, const GError * error)
{
  g_autofree gchar *offset = g_strdup_printf (" at %" G_GUINT64_FORMAT " ",
      model->position);

  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SEEK);
  g_assert_nonnull (strstr (error->message, offset));
  g_assert_true (has_arrived (model));
  model->n_refused++;
}

static void
wait_for_memory (RecordingModel * model)
{
  if (model->spool != NULL) {
    g_autoptr (GError) trouble = NULL;

    gst_ice_spool_flush (model->spool);
    trouble = gst_ice_recording_get_spool_error (model->recording);
    if (!gst_ice_recording_is_full (model->recording, FALSE)
        && (trouble == NULL || model->waiting->len == 0))
      return;
  }
  if (!model->verified) {
    recording_model_verify (model);
    return;
  }
  if (model->waiting->len == 0)
    g_error ("memory is full at %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
        " bytes, %" G_GUINT64_FORMAT " bytes of memory are used, and nothing"
        " is on its way", model->position,
        gst_ice_recording_get_size (model->recording),
        gst_ice_recording_get_memory_used (model->recording));

  recording_model_arrive_any (model);
}

gboolean
recording_model_write (RecordingModel * model, gconstpointer data, gsize size)
{
  const guint8 *from = data;
  gsize done = 0;

  while (done < size) {
    g_autoptr (GError) error = NULL;
    gssize n = gst_ice_recording_write (model->recording, from + done,
        size - done, &error);
    guint64 position = gst_ice_recording_get_position (model->recording);

    check_memory (model);
    g_assert_cmpuint (position, >=, model->position);
    g_assert_true (n < 0 || position == model->position + n);
    n = position - model->position;
    write_file (model, from + done, n);
    done += n;
    if (error != NULL) {
      check_refusal (model, error);
      return FALSE;
    }
    if (done < size)
      wait_for_memory (model);
  }

  return TRUE;
}

gboolean
recording_model_write_random (RecordingModel * model, gsize size)
{
  g_autofree guint32 *data = g_malloc (size + sizeof (guint32));
  gsize i;

  for (i = 0; i * sizeof (guint32) < size; i++)
    data[i] = g_rand_int (model->rand) | 1;

  return recording_model_write (model, data, size);
}

gboolean
recording_model_write_zeroes (RecordingModel * model, gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);

  return recording_model_write (model, data, size);
}

void
recording_model_advance (RecordingModel * model, gint64 by_us)
{
  model->now_us += by_us;
  gst_ice_recording_seal_aged (model->recording);
  check_memory (model);
}

/* ---- random scripts ---- */

GstIceRecordingConfig
recording_model_draw_config (GRand * rand)
{
  GstIceSettings settings;
  GstIceRecordingConfig config;

  gst_ice_settings_init (&settings);
  do {
    settings.part_size = g_rand_int_range (rand, 100, 500) * KIB
        + g_rand_int_range (rand, 0, 2) * 123;
    settings.parallel_parts = g_rand_int_range (rand, 1, 4);
    settings.max_memory = settings.part_size * (settings.parallel_parts + 1)
        + g_rand_int_range (rand, 0, 100) * g_rand_int_range (rand, 0,
        64) * KIB;
    settings.head_size = g_rand_int_range (rand, 0, 3)
        * g_rand_int_range (rand, 0, 500) * KIB;
    settings.max_part_duration = g_rand_int_range (rand, 0, 3) * GST_SECOND;
    settings.max_memory = MAX (settings.max_memory,
        GST_ICE_MIN_MAX_MEMORY);
  } while (!gst_ice_settings_get_recording_config (&settings, &config, NULL));
  gst_ice_settings_clear (&settings);

  return config;
}

static void
write_some (RecordingModel * model, guint64 limit)
{
  gsize size = g_rand_int_range (model->rand, 1, 8) == 1 ?
      g_rand_int_range (model->rand, 1, 600 * KIB) :
      g_rand_int_range (model->rand, 1, 40 * KIB);

  if (limit > 0)
    size = MIN (size, limit);
  if (g_rand_int_range (model->rand, 0, 5) == 0)
    recording_model_write_zeroes (model, size);
  else
    recording_model_write_random (model, size);
}

static void
rewind_some (RecordingModel * model)
{
  guint64 size = model->file->len;
  guint64 back = g_rand_boolean (model->rand) ? size
      : MIN (size, 300 * KIB);

  if (size == 0)
    return;

  recording_model_seek (model, size - g_rand_int_range (model->rand, 1,
          back + 1));
  write_some (model, g_rand_boolean (model->rand) ? 100 : 0);
  recording_model_seek (model, model->file->len);
}

void
recording_model_play_step (RecordingModel * model)
{
  switch (g_rand_int_range (model->rand, 0, 12)) {
    case 0:
      rewind_some (model);
      break;
    case 1:
      recording_model_seek (model, g_rand_int_range (model->rand, 0, 1000));
      write_some (model, 5000);
      recording_model_seek (model, model->file->len);
      break;
    case 2:
      recording_model_seek (model, model->file->len
          + g_rand_int_range (model->rand, 0, 700 * KIB));
      write_some (model, 0);
      break;
    case 3:
      recording_model_advance (model,
          g_rand_int_range (model->rand, 0, 2 * SECOND));
      break;
    case 4:
      gst_ice_recording_checkpoint (model->recording);
      break;
    case 5:
    case 6:
    case 7:
      if (model->waiting->len > 0)
        recording_model_arrive_any (model);
      break;
    default:
      write_some (model, 0);
      break;
  }
}

/* ---- the end ---- */

void
recording_flush (GstIceRecording * recording)
{
  gst_ice_recording_flush_until (recording, G_MAXINT64);
}

void
recording_model_take_rest (RecordingModel * model)
{
  g_autoptr (GPtrArray) rest = gst_ice_recording_finish (model->recording);
  guint i;

  for (i = 0; i < rest->len; i++) {
    GstIcePart *part = g_ptr_array_index (rest, i);

    if (i > 0)
      g_assert_cmpuint (part->number, >, ((GstIcePart *)
              g_ptr_array_index (rest, i - 1))->number);
    g_ptr_array_add (model->waiting, gst_ice_part_ref (part));
  }
}

/* Numbers without gaps, parts without gaps, sizes that OSS takes, and the
 * file's bytes. */
static void
compare (RecordingModel * model)
{
  guint n_parts = g_hash_table_size (model->stored);
  guint64 offset = 0;
  guint number;

  for (number = 1; number <= n_parts; number++) {
    const Stored *stored = g_hash_table_lookup (model->stored,
        GUINT_TO_POINTER (number));
    gsize size;
    const guint8 *data;

    g_assert_nonnull (stored);
    data = g_bytes_get_data (stored->bytes, &size);
    g_assert_cmpuint (stored->offset, ==, offset);
    g_assert_cmpuint (size, >, 0);
    if (number < n_parts)
      g_assert_cmpuint (size, >=, GST_ICE_PART_SIZE_MIN);
    g_assert_cmpuint (offset + size, <=, model->file->len);
    if (memcmp (data, model->file->data + offset, size) != 0)
      g_error ("part %u, %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT
          ", differs from the file", number, size, offset);
    offset += size;
  }

  g_assert_cmpuint (offset, ==, model->file->len);
}

void
recording_model_finish (RecordingModel * model)
{
  g_assert_cmpuint (gst_ice_recording_get_size (model->recording), ==,
      model->file->len);
  recording_model_take_rest (model);
  check_memory (model);
  while (model->waiting->len > 0)
    recording_model_arrive_any (model);
  /* Batches are written one job after the other, so what the spool's own flush
   * waits for is only one of them. */
  recording_flush (model->recording);
  if (model->spool != NULL)
    gst_ice_spool_flush (model->spool);

  compare (model);
  g_assert_cmpint (gst_ice_recording_get_oldest (model->recording), ==, -1);
  g_assert_cmpuint (gst_ice_recording_get_memory_used (model->recording), ==,
      0);
}
