/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The verdict; see the header.
 *
 * A run without a stop has to end in the exact object and in nothing else. A
 * run that was stopped has to say truly what it left behind.
 *
 * Functions that check return what is wrong, or NULL. (transfer full) */

#include "chaos-verdict.h"

#include <string.h>

#include "patience.h"

/* A stop may wait that much longer than stop-timeout, on a slow machine. */
#define STOP_SLACK_US (5 * G_USEC_PER_SEC)

typedef struct
{
  gchar *data;                  /* (nullable) (owned) NULL: not there */
  gsize size;
} Content;

static void
content_clear (Content * content)
{
  g_free (content->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

static void
read_object (const ChaosRun * run, Content * content)
{
  g_autofree gchar *path =
      ice_emulator_get_object_path (run->emulator, CHAOS_MEDIA_ID);

  if (path != NULL)
    g_file_get_contents (path, &content->data, &content->size, NULL);
}

static void
read_twin (const ChaosRun * run, Content * content)
{
  g_autoptr (GError) error = NULL;

  g_file_get_contents (run->twin_path, &content->data, &content->size,
      &error);
  g_assert_no_error (error);
}

static gchar *
check_same (const Content * object, const Content * twin)
{
  gsize i;

  if (object->data == NULL)
    return g_strdup ("there is no object");
  if (object->size != twin->size)
    return g_strdup_printf ("the object has %" G_GSIZE_FORMAT " bytes, the"
        " twin %" G_GSIZE_FORMAT, object->size, twin->size);

  for (i = 0; i < twin->size; i++)
    if (object->data[i] != twin->data[i])
      return g_strdup_printf ("the object differs at byte %" G_GSIZE_FORMAT
          " of %" G_GSIZE_FORMAT, i, twin->size);

  return NULL;
}

/* The twin may have got one buffer more than icesink took, or took whole, and
 * those that came after the stop. What lies outside them has to be the same. */
static gchar *
check_prefix (const ChaosRun * run, const Content * object,
    const Content * twin)
{
  guint64 end = run->last_offset + run->last_size;
  guint64 i;

  if (object->data == NULL)
    return g_strdup ("there is no object");
  if (object->size > twin->size
      || object->size < MIN (twin->size, run->last_offset))
    return g_strdup_printf ("the object has %" G_GSIZE_FORMAT " bytes, the"
        " twin %" G_GSIZE_FORMAT ", the last %" G_GUINT64_FORMAT " of them at"
        " %" G_GUINT64_FORMAT, object->size, twin->size, run->last_size,
        run->last_offset);

  for (i = 0; i < object->size; i++)
    if (object->data[i] != twin->data[i]
        && (i < run->last_offset || i >= end))
      return g_strdup_printf ("the object differs at byte %" G_GUINT64_FORMAT
          " of %" G_GSIZE_FORMAT, i, twin->size);

  return NULL;
}

static gboolean
has_upload_id (const ChaosRun * run)
{
  const gchar *id = gst_structure_get_string (run->stats, "upload-id");

  return id != NULL && *id != '\0';
}

/* At least @least, and those that nobody knows the id of because the answer
 * to InitiateMultipartUpload was lost. */
static gchar *
check_open_uploads (const ChaosRun * run, guint least)
{
  guint n_open = ice_emulator_count_open_uploads (run->emulator);
  guint n_initiated =
      ice_emulator_count (run->emulator, ICE_EMULATOR_INITIATE, 0);
  guint most = n_initiated + least - (has_upload_id (run) ? 1 : 0);

  if (n_open >= least && n_open <= most)
    return NULL;

  return g_strdup_printf ("%u uploads are open, where %u to %u may be",
      n_open, least, most);
}

/* Of an upload that was flushed in an outage, nobody hears any more. */
static gchar *
check_episodes (const ChaosRun * run)
{
  const ChaosTally *tally = &run->tally;

  if (run->flushed || tally->n_interrupted == tally->n_resumed)
    return NULL;

  return g_strdup_printf ("%u interruptions, but %u resumptions",
      tally->n_interrupted, tally->n_resumed);
}

static const gchar *
get_outcome (const ChaosRun * run)
{
  const gchar *outcome = gst_structure_get_string (run->stats, "outcome");

  return outcome != NULL ? outcome : "none";
}

/* What was flushed after its end may have been completed before. */
static gboolean
is_right_number (const ChaosRun * run, guint n_complete)
{
  return n_complete == 1 || (run->flushed_eos && n_complete == 2);
}

static gchar *
check_success (const ChaosRun * run)
{
  const ChaosTally *tally = &run->tally;
  g_auto (Content) object = { NULL };
  g_auto (Content) twin = { NULL };
  gchar *problem;

  if (tally->n_eos != 1 || !is_right_number (run, tally->n_complete)
      || !tally->complete_first)
    return g_strdup_printf ("%u EOS and %u ice-upload-complete%s",
        tally->n_eos, tally->n_complete,
        tally->complete_first ? "" : ", EOS first");
  if (!g_str_equal (get_outcome (run), "completed"))
    return g_strdup_printf ("the outcome is %s", get_outcome (run));

  read_object (run, &object);
  read_twin (run, &twin);
  problem = check_same (&object, &twin);
  if (problem == NULL)
    problem = check_open_uploads (run, 0);
  if (problem == NULL)
    problem = check_episodes (run);

  return problem;
}

/* ---- stops ---- */

static gchar *
check_completed (const ChaosRun * run)
{
  g_auto (Content) object = { NULL };
  g_auto (Content) twin = { NULL };
  gchar *problem;

  read_object (run, &object);
  read_twin (run, &twin);
  problem = check_prefix (run, &object, &twin);
  if (problem == NULL)
    problem = check_open_uploads (run, 0);

  return problem;
}

/* What was flushed after its end may have been completed before. */
static gchar *
check_no_object (const ChaosRun * run)
{
  g_auto (Content) object = { NULL };

  if (run->flushed_eos)
    return NULL;
  read_object (run, &object);

  return object.data == NULL ? NULL : g_strdup ("there is an object");
}

/* Is the outcome true? */
static gchar *
check_outcome (const ChaosRun * run, const gchar * outcome)
{
  gchar *problem;

  if (g_str_equal (outcome, "completed"))
    return check_completed (run);
  if (g_str_equal (outcome, "unknown"))
    return NULL;

  problem = check_no_object (run);
  if (problem != NULL)
    return problem;
  if (g_str_equal (outcome, "aborted"))
    return check_open_uploads (run, 0);
  if (g_str_equal (outcome, "kept"))
    return check_open_uploads (run, 1);
  if (g_str_equal (outcome, "nothing-sent"))
    return check_open_uploads (run, 0);

  return g_strdup_printf ("%s is no outcome", outcome);
}

/* Is it what on-stop asks for? A recording in which nothing happened need not
 * be completed, and one of which nothing was sent can't be kept or aborted; nor
 * can one whose upload id came in an answer that could not be read. After EOS,
 * the completion may be under way or done. */
static gchar *
check_obedience (const ChaosRun * run, const gchar * outcome)
{
  static const gchar *const obedient[][2] = {
    {"complete", "completed"}, {"abort", "aborted"}, {"keep", "kept"}
  };
  guint i;

  if (run->plan->stops_cut_off || g_str_equal (outcome, "nothing-sent"))
    return NULL;
  if (g_str_equal (outcome, "unknown") && !has_upload_id (run))
    return NULL;
  if (run->saw_eos && (g_str_equal (outcome, "completed")
          || (g_str_equal (outcome, "unknown")
              && !g_str_equal (run->plan->on_stop, "complete"))))
    return NULL;

  for (i = 0; i < G_N_ELEMENTS (obedient); i++)
    if (g_str_equal (run->plan->on_stop, obedient[i][0])
        && g_str_equal (outcome, obedient[i][1]))
      return NULL;

  return g_strdup_printf ("on-stop=%s ended as %s", run->plan->on_stop,
      outcome);
}

static gchar *
check_stop_time (const ChaosRun * run)
{
  guint64 allowed;

  g_object_get (run->sink, "stop-timeout", &allowed, NULL);
  if (run->stop_took_us <= allowed / GST_USECOND
      + test_patience (STOP_SLACK_US))
    return NULL;

  return g_strdup_printf ("the stop took %.1f s",
      run->stop_took_us / (gdouble) G_USEC_PER_SEC);
}

/* A stop fails if it can't do what it should: while the service is out of
 * reach, and before it has ever taken anything, when nobody waits for it. */
static gboolean
may_fail_to_stop (const ChaosRun * run, const gchar * outcome)
{
  return run->plan->stops_cut_off || g_str_equal (outcome, "nothing-sent");
}

static gchar *
check_stop (const ChaosRun * run)
{
  const gchar *outcome = get_outcome (run);
  gchar *problem = check_outcome (run, outcome);

  if (problem == NULL)
    problem = check_obedience (run, outcome);
  if (problem == NULL)
    problem = check_stop_time (run);
  if (problem == NULL && run->tally.n_errors > 0
      && !may_fail_to_stop (run, outcome))
    problem = g_strdup (run->tally.error->message);

  return problem;
}

/* ---- errors ---- */

static gchar *
name_error (const GError * error)
{
  g_autoptr (GEnumClass) codes = NULL;
  GEnumValue *value;

  if (error->domain != GST_RESOURCE_ERROR)
    return g_strdup (g_quark_to_string (error->domain));

  codes = g_type_class_ref (GST_TYPE_RESOURCE_ERROR);
  value = g_enum_get_value (codes, error->code);

  return g_ascii_strup (value->value_nick, -1);
}

/* All faults are transient, so an error is always wrong; what is worst about
 * it comes first. */
static gchar *
describe_error (const ChaosRun * run)
{
  const ChaosTally *tally = &run->tally;

  if (tally->n_eos > 0)
    return g_strdup_printf ("EOS together with: %s", tally->error->message);
  if (tally->n_errors > 1)
    return g_strdup_printf ("%u errors, the first of them: %s",
        tally->n_errors, tally->error->message);

  return g_strdup_printf ("outcome %s: %s: %s",
      GST_STR_NULL (tally->outcome), tally->error->message, tally->debug);
}

/* Who waits for whom? */
static gchar *
describe_hang (const ChaosRun * run)
{
  g_autofree gchar *stats = gst_structure_to_string (run->stats);

  return g_strdup_printf ("neither EOS nor an error came; %s%s: %s",
      run->hung_in, run->saw_eos ? ", in EOS" : "", stats);
}

static void
judge_error (ChaosVerdict * verdict, const ChaosRun * run)
{
  g_autofree gchar *name = name_error (run->tally.error);

  verdict->kind = g_strdup_printf ("error: %s", name);
  verdict->problem = describe_error (run);
}

void
chaos_verdict_reach (ChaosVerdict * verdict, const ChaosRun * run)
{
  const ChaosTally *tally = &run->tally;

  if (run->stopped && (tally->n_eos == 0 || tally->n_complete == 0)) {
    verdict->kind = g_strdup_printf ("stopped: %s", get_outcome (run));
    verdict->problem = check_stop (run);
  } else if (tally->n_errors > 0) {
    judge_error (verdict, run);
  } else if (tally->foreign_error != NULL) {
    verdict->kind = g_strdup ("error: of another element");
    verdict->problem = g_strdup (tally->foreign_error->message);
  } else if (tally->n_eos == 0) {
    verdict->kind = g_strdup ("hung");
    verdict->problem = describe_hang (run);
  } else {
    verdict->kind = g_strdup ("exact");
    verdict->problem = check_success (run);
  }

  if (verdict->problem == NULL && run->memory_exceeded)
    verdict->problem = g_strdup ("more than max-memory was in use");
}

void
chaos_verdict_clear (ChaosVerdict * verdict)
{
  g_clear_pointer (&verdict->kind, g_free);
  g_clear_pointer (&verdict->problem, g_free);
}
