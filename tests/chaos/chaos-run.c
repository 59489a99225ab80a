/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The run; see the header.
 *
 * Runs on: the thread that calls, but for the probes, which the streaming
 * thread runs, and the clock, which the emulator's threads ask.
 *
 * A muxer asks whether downstream can seek. The answer has to be icesink's,
 * whatever filesink could do, so that both get the same bytes. The twin plays
 * from start to end whatever the pipeline does: if it waited in PAUSED, the one
 * streaming thread would never get on to icesink. Nor does its EOS count. */

#include "chaos-run.h"

#include <glib/gstdio.h>

#include "patience.h"

/* For the end, once nothing disturbs any more. */
#define PATIENCE_US (90 * G_USEC_PER_SEC)

static void
set_step (ChaosRun * run, const gchar * step)
{
  g_atomic_pointer_set (run->step, step);
}

/* ---- making and freeing ---- */

static gint64
get_service_time (gpointer user_data)
{
  ChaosRun *run = user_data;

  return g_get_real_time ()
      + (gint64) g_atomic_int_get (&run->clock_step_s) * G_USEC_PER_SEC;
}

static void
start_emulator (ChaosRun * run)
{
  const ChaosPlan *plan = run->plan;
  g_autoptr (GError) error = NULL;
  guint i;

  run->emulator =
      ice_emulator_new ((const gchar * const *) plan->options->pdata, &error);
  g_assert_no_error (error);
  ice_emulator_set_clock (run->emulator, get_service_time, run);
  for (i = 0; i < plan->faults->len; i++) {
    ice_emulator_add_fault (run->emulator, plan->faults->pdata[i], &error);
    g_assert_no_error (error);
  }
  ice_emulator_start (run->emulator, &error);
  g_assert_no_error (error);
}

static void
note_write (ChaosRun * run, GstBuffer * buffer)
{
  run->write_offset += gst_buffer_get_size (buffer);
  run->last_size =
      MAX (run->last_size, run->write_offset - run->last_offset);
}

/* Once a stop has begun, more than one item may come: a muxer may push two and
 * look at what became of the first one only then. */
static void
begin_item (ChaosRun * run)
{
  guint64 end;

  if (!g_atomic_int_get (&run->stopping)) {
    run->last_offset = run->write_offset;
    run->last_size = 0;
    return;
  }
  end = MAX (run->last_offset + run->last_size, run->write_offset);
  run->last_offset = MIN (run->last_offset, run->write_offset);
  run->last_size = end - run->last_offset;
}

static void
note_item (ChaosRun * run, GstPadProbeInfo * info)
{
  GstBufferList *list;
  guint i;

  begin_item (run);
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    note_write (run, GST_PAD_PROBE_INFO_BUFFER (info));
    return;
  }

  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  for (i = 0; i < gst_buffer_list_length (list); i++)
    note_write (run, gst_buffer_list_get (list, i));
}

static void
note_event (ChaosRun * run, GstEvent * event)
{
  const GstSegment *segment;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_FLUSH_STOP:
      run->write_offset = 0;
      run->flushed = TRUE;
      run->flushed_eos = run->flushed_eos || run->saw_eos;
      run->saw_eos = FALSE;
      break;
    case GST_EVENT_EOS:
      run->saw_eos = TRUE;
      break;
    case GST_EVENT_SEGMENT:
      gst_event_parse_segment (event, &segment);
      if (segment->format == GST_FORMAT_BYTES)
        run->write_offset = segment->start;
      break;
    default:
      break;
  }
}

static GstPadProbeReturn
answer_query (ChaosRun * run, GstQuery * query)
{
  g_autoptr (GstPad) pad = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_SEEKING)
    return GST_PAD_PROBE_OK;

  pad = gst_element_get_static_pad (run->sink, "sink");

  return gst_pad_query (pad, query) ? GST_PAD_PROBE_HANDLED
      : GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
on_item (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  ChaosRun *run = user_data;
  GstPadProbeType type = GST_PAD_PROBE_INFO_TYPE (info);

  if (type & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM)
    return answer_query (run, GST_PAD_PROBE_INFO_QUERY (info));
  if (type & (GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM
          | GST_PAD_PROBE_TYPE_EVENT_FLUSH))
    note_event (run, GST_PAD_PROBE_INFO_EVENT (info));
  else
    note_item (run, info);

  return GST_PAD_PROBE_OK;
}

/* What a source does at its own end, when the test says so. To send it an EOS
 * would wait for the streaming thread, and with that for the service. Some
 * muxers never end if nothing came before. */
static GstPadProbeReturn
on_source_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  ChaosRun *run = user_data;

  if (run->n_buffers++ == 0 || !g_atomic_int_get (&run->ends))
    return GST_PAD_PROBE_OK;

  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;

  return GST_PAD_PROBE_HANDLED;
}

static void
watch_source (ChaosRun * run)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (run->pipeline), "source");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_source_buffer, run,
      NULL);
}

static void
watch_tee (ChaosRun * run)
{
  g_autoptr (GstElement) tee =
      gst_bin_get_by_name (GST_BIN (run->pipeline), "tee");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (tee, "sink");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_EVENT_FLUSH | GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM
      | GST_PAD_PROBE_TYPE_PUSH, on_item, run, NULL);
}

static void
make_pipeline (ChaosRun * run)
{
  const ChaosPlan *plan = run->plan;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *launch = g_strdup_printf ("%s ! tee name=tee"
      " tee. ! filesink name=twin location=%s buffer-mode=unbuffered"
      " async=false"
      " tee. ! icesink name=sink media-id=" CHAOS_MEDIA_ID
      " ice-endpoint=%s%s", plan->upstream, run->twin_path,
      ice_emulator_get_uri (run->emulator), plan->settings);

  run->pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  run->sink = gst_bin_get_by_name (GST_BIN (run->pipeline), "sink");
  gst_object_unref (run->sink);
  run->twin = gst_bin_get_by_name (GST_BIN (run->pipeline), "twin");
  gst_object_unref (run->twin);
  gst_element_set_locked_state (run->twin, TRUE);
  GST_OBJECT_FLAG_UNSET (run->twin, GST_ELEMENT_FLAG_SINK);
  if (plan->tls)
    g_object_set (run->sink, "ssl-ca-file",
        ice_emulator_get_ca_file (run->emulator), NULL);
  watch_source (run);
  watch_tee (run);
}

static void
make_raw_source (ChaosRun * run)
{
  const ChaosPlan *plan = run->plan;
  g_autoptr (GstElement) appsrc =
      gst_bin_get_by_name (GST_BIN (run->pipeline), "source");

  run->raw = raw_source_new (appsrc, plan->seed, plan->n_buffers,
      plan->max_buffer_size, plan->patches);
}

ChaosRun *
chaos_run_new (const ChaosPlan * plan, const gchar ** step)
{
  g_autoptr (GError) error = NULL;
  ChaosRun *run = g_new0 (ChaosRun, 1);

  run->plan = plan;
  run->step = step;
  set_step (run, "preparing");
  run->directory = g_dir_make_tmp ("icesink-chaos-XXXXXX", &error);
  g_assert_no_error (error);
  run->twin_path = g_build_filename (run->directory, "twin", NULL);
  start_emulator (run);
  make_pipeline (run);
  if (plan->is_raw)
    make_raw_source (run);

  return run;
}

static void
clear_tally (ChaosTally * tally)
{
  g_clear_error (&tally->error);
  g_clear_error (&tally->foreign_error);
  g_clear_pointer (&tally->debug, g_free);
  g_clear_pointer (&tally->outcome, g_free);
  *tally = (ChaosTally) { 0 };
}

void
chaos_run_free (ChaosRun * run)
{
  set_step (run, "cleaning up");
  gst_object_unref (run->pipeline);
  g_clear_pointer (&run->raw, raw_source_free);
  ice_emulator_free (run->emulator);
  clear_tally (&run->tally);
  g_free (run->hung_in);
  g_clear_pointer (&run->stats, gst_structure_free);
  g_remove (run->twin_path);
  g_rmdir (run->directory);
  g_free (run->twin_path);
  g_free (run->directory);
  g_free (run);
}

/* ---- the bus ---- */

static void
tally_error (ChaosRun * run, GstMessage * message)
{
  ChaosTally *tally = &run->tally;
  const GstStructure *details = NULL;

  if (GST_MESSAGE_SRC (message) != GST_OBJECT (run->sink)) {
    if (tally->n_errors == 0 && tally->foreign_error == NULL)
      gst_message_parse_error (message, &tally->foreign_error, NULL);
    return;
  }

  if (tally->n_errors++ > 0)
    return;
  gst_message_parse_error (message, &tally->error, &tally->debug);
  gst_message_parse_error_details (message, &details);
  if (details != NULL)
    tally->outcome = g_strdup (gst_structure_get_string (details, "outcome"));
}

static void
tally_element (ChaosTally * tally, GstMessage * message)
{
  if (gst_message_has_name (message, "ice-upload-complete"))
    tally->n_complete++;
  else if (gst_message_has_name (message, "ice-upload-interrupted"))
    tally->n_interrupted++;
  else if (gst_message_has_name (message, "ice-upload-resumed"))
    tally->n_resumed++;
}

static void
tally_message (ChaosRun * run, GstMessage * message)
{
  ChaosTally *tally = &run->tally;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ERROR:
      tally_error (run, message);
      break;
    case GST_MESSAGE_EOS:
      tally->n_eos++;
      tally->complete_first = tally->n_complete > 0;
      break;
    case GST_MESSAGE_ELEMENT:
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (run->sink))
        tally_element (tally, message);
      break;
    default:
      break;
  }
}

static gboolean
has_ended (const ChaosRun * run)
{
  return run->tally.n_eos > 0 || run->tally.n_errors > 0
      || run->tally.foreign_error != NULL;
}

static void
collect (ChaosRun * run)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (run->pipeline);
  GstMessage *message;

  while ((message = gst_bus_pop (bus)) != NULL) {
    tally_message (run, message);
    gst_message_unref (message);
  }
}

/* Waits until @deadline_us or for the end of the pipeline. */
static gboolean
wait_for_end (ChaosRun * run, gint64 deadline_us)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (run->pipeline);

  while (!has_ended (run)) {
    gint64 left_us = deadline_us - g_get_monotonic_time ();
    GstMessage *message = gst_bus_timed_pop (bus,
        MAX (0, left_us) * GST_USECOND);

    if (message == NULL)
      return FALSE;
    tally_message (run, message);
    gst_message_unref (message);
  }

  return TRUE;
}

/* ---- what happens ---- */

static void
set_reachable (ChaosRun * run, gboolean reachable)
{
  g_autoptr (GError) error = NULL;

  ice_emulator_set_reachable (run->emulator, reachable, &error);
  g_assert_no_error (error);
}

/* A pipeline whose state change goes on in the background takes a new state for
 * an interruption, or misses that the sink prerolls once more, and may never
 * get anywhere: GstBin, not the sink. */
static gboolean
is_at_rest (ChaosRun * run)
{
  return !run->paused && gst_element_get_state (run->pipeline, NULL, NULL, 0)
      != GST_STATE_CHANGE_ASYNC;
}

/* What was said of the stream that has gone does not count. In PAUSED, a bin
 * would keep its EOS and post it later, as if it were that of the next. */
static void
flush (ChaosRun * run)
{
  if (!is_at_rest (run))
    return;

  set_step (run, "flushing");
  raw_source_start_flush (run->raw);
  collect (run);
  clear_tally (&run->tally);
  raw_source_stop_flush (run->raw);
}

static void
stop (ChaosRun * run)
{
  gint64 begin_us = g_get_monotonic_time ();

  if (!run->plan->stops_cut_off)
    set_reachable (run, TRUE);
  g_atomic_int_set (&run->stopping, TRUE);
  gst_element_set_state (run->pipeline, GST_STATE_READY);
  run->stopped = TRUE;
  run->stop_took_us = g_get_monotonic_time () - begin_us;
}

static void
pause_pipeline (ChaosRun * run)
{
  if (!is_at_rest (run))
    return;

  set_step (run, "pausing");
  gst_element_set_state (run->pipeline, GST_STATE_PAUSED);
  run->paused = TRUE;
}

static void
play_pipeline (ChaosRun * run)
{
  if (!run->paused)
    return;

  set_step (run, "playing");
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  run->paused = FALSE;
}

static void
strike (ChaosRun * run, const ChaosEvent * event)
{
  switch (event->type) {
    case CHAOS_EVENT_PAUSE:
      pause_pipeline (run);
      break;
    case CHAOS_EVENT_PLAY:
      play_pipeline (run);
      break;
    case CHAOS_EVENT_FLUSH:
      flush (run);
      break;
    case CHAOS_EVENT_EXPIRE:
      ice_emulator_expire_credentials (run->emulator);
      break;
    case CHAOS_EVENT_STEP_CLOCK:
      g_atomic_int_set (&run->clock_step_s, event->argument);
      break;
    case CHAOS_EVENT_CUT:
      set_step (run, "cutting the service off");
      set_reachable (run, FALSE);
      break;
    case CHAOS_EVENT_MEND:
      set_reachable (run, TRUE);
      break;
    case CHAOS_EVENT_CHECKPOINT:
      g_signal_emit_by_name (run->sink, "checkpoint");
      break;
    case CHAOS_EVENT_END:
      g_atomic_int_set (&run->ends, TRUE);
      break;
    case CHAOS_EVENT_STOP:
      set_step (run, "stopping");
      stop (run);
      break;
  }
}

static void
check_memory (ChaosRun * run)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 used = 0, allowed;

  g_object_get (run->sink, "stats", &stats, "max-memory", &allowed, NULL);
  gst_structure_get_uint64 (stats, "memory-used", &used);
  run->memory_exceeded = run->memory_exceeded || used > allowed;
}

/* Until the plan or the pipeline is at its end. */
static void
carry_out_events (ChaosRun * run)
{
  const GArray *events = run->plan->events;
  gint64 begin_us = g_get_monotonic_time ();
  guint i;

  for (i = 0; i < events->len && !run->stopped; i++) {
    const ChaosEvent *event = &g_array_index (events, ChaosEvent, i);

    if (wait_for_end (run, begin_us + event->at_ms * G_TIME_SPAN_MILLISECOND))
      return;
    strike (run, event);
    check_memory (run);
    set_step (run, "waiting for the end");
  }
}

static void
append_state (GstElement * element, GString * text)
{
  GstState current, pending;
  GstStateChangeReturn ret = gst_element_get_state (element, &current,
      &pending, 0);

  g_string_append_printf (text, "%s%s %s to %s (%s)", text->len ? ", " : "",
      GST_OBJECT_NAME (element), gst_element_state_get_name (current),
      gst_element_state_get_name (pending),
      gst_element_state_change_return_get_name (ret));
}

static void
note_hang (ChaosRun * run)
{
  GString *text = g_string_new (NULL);

  append_state (run->pipeline, text);
  append_state (run->sink, text);
  run->hung_in = g_string_free (text, FALSE);
}

void
chaos_run_carry_out (ChaosRun * run)
{
  set_step (run, "starting");
  gst_element_set_state (run->twin, GST_STATE_PLAYING);
  gst_element_set_state (run->pipeline, GST_STATE_PLAYING);
  set_step (run, "waiting for the end");
  carry_out_events (run);
  if (!run->stopped && !wait_for_end (run, g_get_monotonic_time ()
          + test_patience (PATIENCE_US)))
    note_hang (run);

  /* READY keeps what is on the bus; NULL closes the file of the twin. */
  set_step (run, "ending");
  gst_element_set_state (run->pipeline, GST_STATE_READY);
  collect (run);
  g_object_get (run->sink, "stats", &run->stats, NULL);
  gst_element_set_state (run->pipeline, GST_STATE_NULL);
  gst_element_set_state (run->twin, GST_STATE_NULL);

  /* What the service still does for requests that nobody waits for. */
  set_reachable (run, FALSE);
}
