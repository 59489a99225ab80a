/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A recording with a spool under a script of writes, rewinds, seals, answers,
 * flushes, kills and disk errors, which the bytes decide, two for each choice.
 * Without a spool, if the first byte is odd: then it is a muxer's script. */

#include "fuzz.h"

#include <string.h>

#include "../unit/recording-model.h"
#include "../unit/recording-script.h"

/* Longer ones take long and tell nothing else. */
#define MAX_STEPS 200

typedef struct
{
  const guint8 *data;
  gsize size;
} Bytes;

/* When there are no more, every choice is the first. */
static gdouble
draw (gpointer user_data)
{
  Bytes *bytes = user_data;
  guint value;

  if (bytes->size < 2)
    return 0;

  value = bytes->data[0] << 8 | bytes->data[1];
  bytes->data += 2;
  bytes->size -= 2;

  return value / 65536.0;
}

static void
play_without_spool (const guint8 * data, gsize size)
{
  g_autoptr (GArray) seed = g_array_new (FALSE, TRUE, sizeof (guint32));
  g_autoptr (GRand) rand = NULL;
  g_autoptr (RecordingModel) model = NULL;
  GstIceRecordingConfig config;
  gsize i;

  g_array_set_size (seed, size / sizeof (guint32) + 1);
  memcpy (seed->data, data, size);
  rand = g_rand_new_with_seed_array ((guint32 *) seed->data, seed->len);
  config = recording_model_draw_config (rand);
  model = recording_model_new (&config, g_rand_int (rand));
  for (i = 0; i < MIN (size / sizeof (guint32), MAX_STEPS); i++)
    recording_model_play_step (model);
  recording_model_finish (model);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  Bytes bytes = { data + 1, size - 1 };

  if (size == 0)
    return 0;

  if (data[0] % 2 == 1)
    play_without_spool (data + 1, size - 1);
  else
    recording_script_play (draw, &bytes);

  return 0;
}
