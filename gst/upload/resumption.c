/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The resumption; see the header.
 *
 *   NONE ─▶ LEFT ─▶ COMPARING ─▶ COMPARED
 *             └───────────────────▶
 *
 * gst_ice_resumption_clear() makes it NONE again, whatever it was.
 *
 * Owns: the names. */

#include "upload/resumption.h"

#include <gst/gst.h>
#include <string.h>

#include "common/log.h"
#include "common/state.h"
#include "oss/oss-client.h"

#define GST_CAT_DEFAULT gst_ice_log_get (GST_ICE_LOG_UPLOAD)

#define TO(state) (1u << GST_ICE_RESUMPTION_##state)

static const guint drawn[] = {
  [GST_ICE_RESUMPTION_NONE] = TO (LEFT),
  [GST_ICE_RESUMPTION_LEFT] = TO (COMPARING) | TO (COMPARED),
  [GST_ICE_RESUMPTION_COMPARING] = TO (COMPARED),
  [GST_ICE_RESUMPTION_COMPARED] = 0,
};

gboolean
gst_ice_resumption_state_change (GstIceResumptionState * state,
    GstIceResumptionState from, GstIceResumptionState to)
{
  if (*state != from || !(drawn[from] & (1u << to)))
    return FALSE;

  *state = to;

  return TRUE;
}

static void
change_state (GstIceResumption * resumption, GstIceResumptionState from,
    GstIceResumptionState to)
{
  gst_ice_state_check (gst_ice_resumption_state_change (&resumption->state,
          from, to), "resumption", from, to, resumption->state);
}

void
gst_ice_resumption_begin (GstIceResumption * resumption, const gchar * bucket,
    const gchar * object, const gchar * upload_id)
{
  change_state (resumption, GST_ICE_RESUMPTION_NONE, GST_ICE_RESUMPTION_LEFT);
  resumption->bucket = g_strdup (bucket);
  resumption->object = g_strdup (object);
  resumption->upload_id = g_strdup (upload_id);
}

void
gst_ice_resumption_clear (GstIceResumption * resumption)
{
  g_free (resumption->bucket);
  g_free (resumption->object);
  g_free (resumption->upload_id);
  *resumption = (GstIceResumption) { GST_ICE_RESUMPTION_NONE, };
}

gboolean
gst_ice_resumption_is_of (const GstIceResumption * resumption,
    const gchar * bucket, const gchar * object)
{
  return g_strcmp0 (resumption->bucket, bucket) == 0
      && g_strcmp0 (resumption->object, object) == 0;
}

void
gst_ice_resumption_go_on (GstIceResumption * resumption, guint n_arrived)
{
  change_state (resumption, GST_ICE_RESUMPTION_LEFT, n_arrived > 0 ?
      GST_ICE_RESUMPTION_COMPARING : GST_ICE_RESUMPTION_COMPARED);
}

/* Quoted or not, in capitals or not. */
static gboolean
is_same_etag (const gchar * a, const gchar * b)
{
  gsize length;

  if (a == NULL || b == NULL)
    return FALSE;

  a += *a == '"';
  b += *b == '"';
  length = strcspn (a, "\"");

  return strcspn (b, "\"") == length && g_ascii_strncasecmp (a, b, length) == 0;
}

/* The part at @entry is at OSS as @listed, or not at all if that is NULL.
 * FALSE if it is wanted again and can't be had. */
static gboolean
compare (GstIceResumption * resumption, GstIcePartTable * parts,
    GstIcePartEntry * entry, const GstIceOssPart * listed)
{
  if (entry->state != GST_ICE_PART_CONFIRMED)
    return TRUE;
  if (listed != NULL && listed->size == entry->size
      && is_same_etag (listed->etag, entry->etag))
    return TRUE;

  GST_WARNING ("upload %s: part %u of the earlier run is not at OSS%s",
      resumption->upload_id, entry->number,
      listed != NULL ? " as it was sent" : "");

  return gst_ice_part_table_revoke (parts, entry);
}

/* Compares the parts up to @last, which is at OSS as @listed (nullable); those
 * in between are not. Returns 0, or the number of the first that is lost. */
static guint
compare_up_to (GstIceResumption * resumption, GstIcePartTable * parts,
    guint last, const GstIceOssPart * listed)
{
  last = MIN (last, gst_ice_part_table_get_length (parts));

  while (resumption->compared < last) {
    GstIcePartEntry *entry =
        gst_ice_part_table_get (parts, ++resumption->compared);
    gboolean is_listed = listed != NULL && listed->number == entry->number;

    if (!compare (resumption, parts, entry, is_listed ? listed : NULL))
      return entry->number;
  }

  return 0;
}

guint
gst_ice_resumption_compare (GstIceResumption * resumption,
    GstIcePartTable * parts, GPtrArray * listed, guint next_marker)
{
  guint lost = 0;
  guint i;

  for (i = 0; listed != NULL && i < listed->len && lost == 0; i++) {
    const GstIceOssPart *part = g_ptr_array_index (listed, i);

    lost = compare_up_to (resumption, parts, part->number, part);
  }
  if (lost == 0 && next_marker == 0)
    lost = compare_up_to (resumption, parts, G_MAXUINT, NULL);

  resumption->list_marker = next_marker;
  if (lost > 0 || next_marker == 0)
    gst_ice_resumption_trust (resumption);

  return lost;
}

void
gst_ice_resumption_trust (GstIceResumption * resumption)
{
  change_state (resumption, GST_ICE_RESUMPTION_COMPARING,
      GST_ICE_RESUMPTION_COMPARED);
}
