/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The outbox: order, threads, slow handlers, and elements that go. */

#include "icesink/outbox.h"

#include <stdlib.h>

#define MESSAGES 500
#define SLOW_SINKS 40

/* Something that a test waits for, and handlers wait at. */
typedef struct
{
  GMutex lock;
  GCond changed;
  guint value;
} Counter;

static void
counter_init (Counter * counter)
{
  g_mutex_init (&counter->lock);
  g_cond_init (&counter->changed);
  counter->value = 0;
}

static void
counter_clear (Counter * counter)
{
  g_mutex_clear (&counter->lock);
  g_cond_clear (&counter->changed);
}

static void
counter_add (Counter * counter)
{
  g_mutex_lock (&counter->lock);
  counter->value++;
  g_cond_broadcast (&counter->changed);
  g_mutex_unlock (&counter->lock);
}

static guint
counter_get (Counter * counter)
{
  guint value;

  g_mutex_lock (&counter->lock);
  value = counter->value;
  g_mutex_unlock (&counter->lock);

  return value;
}

static void
counter_wait (Counter * counter, guint value)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&counter->lock);
  while (counter->value < value) {
    if (!g_cond_wait_until (&counter->changed, &counter->lock, deadline))
      g_error ("%u of %u after 20 s", counter->value, value);
  }
  g_mutex_unlock (&counter->lock);
}

/**
 * Fixture:
 * @element: with a bus of its own
 * @calls: calls that have run, by their numbers
 * @gate: handlers wait here for 1
 * @reached: handlers that have come to the gate or have run
 * @draining: threads that are about to drain
 * @drainer: drain_an_error() has it
 * @destroyed: user data that has been freed
 */
typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstIceOutbox *outbox;
  GArray *calls;
  Counter gate;
  Counter reached;
  Counter draining;
  Counter destroyed;
  GThread *drainer;
  gint running;
} Fixture;

static void
fixture_init (Fixture * fixture)
{
  fixture->element = gst_object_ref_sink (gst_bin_new (NULL));
  fixture->bus = gst_bus_new ();
  gst_element_set_bus (fixture->element, fixture->bus);
  fixture->outbox = gst_ice_outbox_new (fixture->element);
  fixture->calls = g_array_new (FALSE, FALSE, sizeof (guint));
  counter_init (&fixture->gate);
  counter_init (&fixture->reached);
  counter_init (&fixture->draining);
  counter_init (&fixture->destroyed);
  fixture->running = 0;
}

static void
fixture_clear (Fixture * fixture)
{
  gst_ice_outbox_drain (fixture->outbox);
  gst_ice_outbox_unref (fixture->outbox);
  gst_element_set_bus (fixture->element, NULL);
  gst_object_unref (fixture->bus);
  gst_object_unref (fixture->element);
  g_array_unref (fixture->calls);
  counter_clear (&fixture->gate);
  counter_clear (&fixture->reached);
  counter_clear (&fixture->draining);
  counter_clear (&fixture->destroyed);
}

typedef struct
{
  Fixture *fixture;
  guint number;
} Note;

static void
free_note (gpointer data)
{
  Note *note = data;

  counter_add (&note->fixture->destroyed);
  g_free (note);
}

/* Puts in a call of @func with a note of that number. */
static void
call (Fixture * fixture, GstElementCallAsyncFunc func, guint number)
{
  Note *note = g_new (Note, 1);

  note->fixture = fixture;
  note->number = number;
  gst_ice_outbox_call (fixture->outbox, func, note, free_note);
}

static void
run_note (GstElement * element, gpointer data)
{
  Note *note = data;

  g_assert_true (element == note->fixture->element);
  /* One at a time. */
  g_assert_cmpint (g_atomic_int_add (&note->fixture->running, 1), ==, 0);
  g_array_append_val (note->fixture->calls, note->number);
  g_assert_true (g_atomic_int_dec_and_test (&note->fixture->running));
  counter_add (&note->fixture->reached);
}

static GstMessage *
new_number (Fixture * fixture, guint number)
{
  return gst_message_new_element (GST_OBJECT (fixture->element),
      gst_structure_new ("test", "number", G_TYPE_UINT, number, NULL));
}

static void
post_number (Fixture * fixture, guint number)
{
  gst_ice_outbox_post (fixture->outbox, new_number (fixture, number));
}

static guint
pop_number (Fixture * fixture)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop (fixture->bus,
      20 * GST_SECOND);

  g_assert_nonnull (message);
  return g_value_get_uint (gst_structure_get_value (gst_message_get_structure
          (message), "number"));
}

/* Messages and calls in the order in which they were put in. */
static void
test_order (void)
{
  Fixture fixture;
  guint i;

  fixture_init (&fixture);
  for (i = 0; i < MESSAGES; i++) {
    post_number (&fixture, i);
    call (&fixture, run_note, i);
  }
  for (i = 0; i < MESSAGES; i++)
    g_assert_cmpuint (pop_number (&fixture), ==, i);

  g_assert_true (gst_ice_outbox_drain (fixture.outbox));
  g_assert_cmpuint (fixture.calls->len, ==, MESSAGES);
  for (i = 0; i < MESSAGES; i++)
    g_assert_cmpuint (g_array_index (fixture.calls, guint, i), ==, i);
  g_assert_cmpuint (counter_get (&fixture.destroyed), ==, MESSAGES);
  fixture_clear (&fixture);
}

/* What has been put in has arrived when drain returns, whoever delivered. */
static void
test_drain (void)
{
  Fixture fixture;
  guint i;

  fixture_init (&fixture);
  for (i = 0; i < MESSAGES; i++) {
    post_number (&fixture, i);
    g_assert_true (gst_ice_outbox_drain (fixture.outbox));
    g_assert_true (gst_bus_have_pending (fixture.bus));
    g_assert_cmpuint (pop_number (&fixture), ==, i);
  }
  g_assert_true (gst_ice_outbox_drain (fixture.outbox));
  fixture_clear (&fixture);
}

static void
check_thread (GstElement * element, gpointer data)
{
  Note *note = data;

  g_assert_true (g_thread_self () != (GThread *) note->fixture->calls);
  counter_add (&note->fixture->reached);
}

/* Nobody who puts something in runs a handler. */
static void
test_other_thread (void)
{
  Fixture fixture;
  GArray *calls;

  fixture_init (&fixture);
  calls = fixture.calls;
  fixture.calls = (gpointer) g_thread_self ();
  call (&fixture, check_thread, 0);
  counter_wait (&fixture.destroyed, 1);
  fixture.calls = calls;
  fixture_clear (&fixture);
}

static gpointer
put_many (gpointer data)
{
  Fixture *fixture = data;
  guint i;

  for (i = 0; i < MESSAGES; i++) {
    call (fixture, run_note, i);
    if (i % 50 == 0)
      gst_ice_outbox_drain (fixture->outbox);
  }

  return NULL;
}

/* Many threads put in and drain: one handler runs at a time, each once. */
static void
test_one_at_a_time (void)
{
  Fixture fixture;
  GThread *threads[4];
  guint i;

  fixture_init (&fixture);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("put", put_many, &fixture);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  counter_wait (&fixture.destroyed, MESSAGES * G_N_ELEMENTS (threads));
  g_assert_cmpuint (fixture.calls->len, ==,
      MESSAGES * G_N_ELEMENTS (threads));
  fixture_clear (&fixture);
}

static void
wait_at_gate (GstElement * element, gpointer data)
{
  Note *note = data;

  counter_add (&note->fixture->reached);
  counter_wait (&note->fixture->gate, 1);
  counter_add (&note->fixture->reached);
}

/* With a handler that another thread is in until the gate opens. */
static void
fixture_init_busy (Fixture * fixture)
{
  fixture_init (fixture);
  call (fixture, wait_at_gate, 0);
  counter_wait (&fixture->reached, 1);
}

/* However many handlers are slow, another sink does not notice. */
static void
test_slow_handlers (void)
{
  Fixture slow[SLOW_SINKS], quick;
  guint i;

  for (i = 0; i < SLOW_SINKS; i++) {
    fixture_init (&slow[i]);
    call (&slow[i], wait_at_gate, 0);
    /* More behind it, as there is progress each second. */
    call (&slow[i], run_note, 1);
  }

  fixture_init (&quick);
  for (i = 0; i < MESSAGES; i++)
    post_number (&quick, i);
  for (i = 0; i < MESSAGES; i++)
    g_assert_cmpuint (pop_number (&quick), ==, i);
  fixture_clear (&quick);

  for (i = 0; i < SLOW_SINKS; i++) {
    counter_wait (&slow[i].reached, 1);
    g_assert_cmpuint (slow[i].calls->len, ==, 0);
    counter_add (&slow[i].gate);
  }
  for (i = 0; i < SLOW_SINKS; i++) {
    counter_wait (&slow[i].destroyed, 2);
    g_assert_cmpuint (slow[i].calls->len, ==, 1);
    fixture_clear (&slow[i]);
  }
}

static void
post_number_in_turn (Fixture * fixture, guint number)
{
  gst_ice_outbox_post_in_turn (fixture->outbox,
      new_number (fixture, number));
}

static GstBusSyncReply
note_thread (GstBus * bus, GstMessage * message, gpointer thread)
{
  *(GThread **) thread = g_thread_self ();

  return GST_BUS_PASS;
}

static GstBusSyncReply
stop_at_gate (GstBus * bus, GstMessage * message, gpointer data)
{
  Fixture *fixture = data;

  counter_add (&fixture->reached);
  counter_wait (&fixture->gate, 1);

  return GST_BUS_PASS;
}

/* One thread serves all sinks, since each that has to be woken costs more than
 * a message. */
static void
test_turns_take_one_thread (void)
{
  Fixture sinks[SLOW_SINKS];
  GThread *threads[SLOW_SINKS] = { NULL };
  guint i;

  for (i = 0; i < SLOW_SINKS; i++) {
    fixture_init (&sinks[i]);
    gst_bus_set_sync_handler (sinks[i].bus, i == 0 ? stop_at_gate
        : note_thread, i == 0 ? (gpointer) & sinks[0] : &threads[i], NULL);
  }
  post_number_in_turn (&sinks[0], 0);
  counter_wait (&sinks[0].reached, 1);
  for (i = 1; i < SLOW_SINKS; i++)
    post_number_in_turn (&sinks[i], i);
  counter_add (&sinks[0].gate);

  for (i = 0; i < SLOW_SINKS; i++) {
    g_assert_cmpuint (pop_number (&sinks[i]), ==, i);
    g_assert_true (i == 0 || threads[i] == threads[1]);
  }
  for (i = 0; i < SLOW_SINKS; i++)
    fixture_clear (&sinks[i]);
}

/* Whose turn does not come waits for no more than the next thing that there is
 * to tell. */
static void
test_turns_pass_a_slow_handler (void)
{
  Fixture slow, quick, other;

  fixture_init (&slow);
  fixture_init (&quick);
  fixture_init (&other);
  gst_bus_set_sync_handler (slow.bus, stop_at_gate, &slow, NULL);
  post_number_in_turn (&slow, 0);
  counter_wait (&slow.reached, 1);

  post_number_in_turn (&quick, 1);
  post_number_in_turn (&quick, 2);
  g_assert_cmpuint (pop_number (&quick), ==, 1);
  g_assert_cmpuint (pop_number (&quick), ==, 2);

  post_number_in_turn (&other, 3);
  call (&other, run_note, 0);
  counter_wait (&other.reached, 1);
  g_assert_cmpuint (pop_number (&other), ==, 3);

  post_number_in_turn (&quick, 4);
  counter_add (&slow.gate);
  g_assert_cmpuint (pop_number (&slow), ==, 0);
  g_assert_cmpuint (pop_number (&quick), ==, 4);
  fixture_clear (&slow);
  fixture_clear (&quick);
  fixture_clear (&other);
}

static gpointer
drain_in_thread (gpointer data)
{
  Fixture *fixture = data;

  counter_add (&fixture->draining);

  return GINT_TO_POINTER (gst_ice_outbox_drain (fixture->outbox));
}

/* A drain waits for the handler that another thread is in. */
static void
test_drain_waits (void)
{
  Fixture fixture;
  GThread *thread;

  fixture_init_busy (&fixture);
  thread = g_thread_new ("drain", drain_in_thread, &fixture);
  post_number (&fixture, 7);
  counter_add (&fixture.gate);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_cmpuint (counter_get (&fixture.reached), ==, 2);
  g_assert_cmpuint (pop_number (&fixture), ==, 7);
  fixture_clear (&fixture);
}

static void
test_flushing (void)
{
  Fixture fixture;
  GThread *thread;

  fixture_init_busy (&fixture);
  thread = g_thread_new ("drain", drain_in_thread, &fixture);
  counter_wait (&fixture.draining, 1);
  /* Most likely it waits by now, as it is meant to. */
  g_usleep (G_USEC_PER_SEC / 20);
  gst_ice_outbox_set_flushing (fixture.outbox, TRUE);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (gst_ice_outbox_drain (fixture.outbox));

  /* Flushing loses nothing. */
  post_number (&fixture, 7);
  gst_ice_outbox_set_flushing (fixture.outbox, FALSE);
  counter_add (&fixture.gate);
  g_assert_true (gst_ice_outbox_drain (fixture.outbox));
  g_assert_cmpuint (pop_number (&fixture), ==, 7);
  fixture_clear (&fixture);
}

static void
fail_in_drain (GstElement * element, gpointer data)
{
  Note *note = data;
  g_autoptr (GError) error = g_error_new (GST_CORE_ERROR,
      GST_CORE_ERROR_FAILED, "of a test");

  if (note->fixture->drainer != g_thread_self ())
    return;

  gst_ice_outbox_post (note->fixture->outbox,
      gst_message_new_error (GST_OBJECT (element), error, NULL));
  counter_add (&note->fixture->reached);
}

/* The drain itself comes to the error, and no other thread. */
static gpointer
drain_an_error (gpointer data)
{
  Fixture *fixture = data;
  gboolean drained;

  fixture->drainer = g_thread_self ();
  do {
    call (fixture, fail_in_drain, 0);
    drained = gst_ice_outbox_drain (fixture->outbox);
  } while (counter_get (&fixture->reached) == 0);

  return GINT_TO_POINTER (drained);
}

/* A drain that had to wait with an error is ended: the error comes in time. */
static void
test_held_error (void)
{
  Fixture fixture;
  GThread *thread;
  g_autoptr (GstMessage) message = NULL;

  fixture_init (&fixture);
  gst_ice_outbox_hold_errors (fixture.outbox, TRUE);
  thread = g_thread_new ("drain", drain_an_error, &fixture);
  counter_wait (&fixture.reached, 1);
  /* Most likely all other threads have been here by now, and gone. */
  g_usleep (G_USEC_PER_SEC / 20);
  gst_ice_outbox_set_flushing (fixture.outbox, TRUE);
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_false (gst_bus_have_pending (fixture.bus));

  gst_ice_outbox_release_errors (fixture.outbox);
  message = gst_bus_timed_pop (fixture.bus, 20 * GST_SECOND);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_ice_outbox_set_flushing (fixture.outbox, FALSE);
  fixture_clear (&fixture);
}

static gpointer
deliver_in_thread (gpointer data)
{
  Fixture *fixture = data;

  gst_ice_outbox_deliver (fixture->outbox, G_MAXINT64);
  g_assert_true (gst_bus_have_pending (fixture->bus));

  return NULL;
}

/* Who delivers at the end waits as well, flushing or not. */
static void
test_deliver_waits (void)
{
  Fixture fixture;
  GThread *thread;

  fixture_init_busy (&fixture);
  gst_ice_outbox_set_flushing (fixture.outbox, TRUE);
  post_number (&fixture, 7);
  thread = g_thread_new ("deliver", deliver_in_thread, &fixture);
  counter_add (&fixture.gate);
  g_thread_join (thread);
  g_assert_cmpuint (pop_number (&fixture), ==, 7);
  fixture_clear (&fixture);
}

/* But not for ever: the handler may wait for it. */
static void
test_deliver_gives_up (void)
{
  Fixture fixture;

  fixture_init_busy (&fixture);
  post_number (&fixture, 7);
  gst_ice_outbox_deliver (fixture.outbox, g_get_monotonic_time () + 1000);
  g_assert_false (gst_bus_have_pending (fixture.bus));

  counter_add (&fixture.gate);
  g_assert_cmpuint (pop_number (&fixture), ==, 7);
  fixture_clear (&fixture);
}

static void
test_clear (void)
{
  Fixture fixture;

  fixture_init_busy (&fixture);
  post_number (&fixture, 7);
  call (&fixture, run_note, 1);
  gst_ice_outbox_clear (fixture.outbox);
  g_assert_cmpuint (counter_get (&fixture.destroyed), ==, 1);
  post_number (&fixture, 8);

  counter_add (&fixture.gate);
  g_assert_cmpuint (pop_number (&fixture), ==, 8);
  g_assert_cmpuint (fixture.calls->len, ==, 0);
  fixture_clear (&fixture);
}

static void
drain_inside (GstElement * element, gpointer data)
{
  Note *note = data;

  g_assert_false (gst_ice_outbox_drain (note->fixture->outbox));
  gst_ice_outbox_deliver (note->fixture->outbox, G_MAXINT64);
  g_assert_cmpuint (note->fixture->calls->len, ==, 0);
  counter_add (&note->fixture->reached);
}

/* A handler that comes back into the sink does not wait for itself. */
static void
test_reentrant (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  call (&fixture, drain_inside, 0);
  call (&fixture, run_note, 1);
  counter_wait (&fixture.destroyed, 2);
  g_assert_cmpuint (fixture.calls->len, ==, 1);
  fixture_clear (&fixture);
}

static void
put_inside (GstElement * element, gpointer data)
{
  Note *note = data;

  call (note->fixture, run_note, note->number + 100);
}

/* What a handler puts in comes after what is there. */
static void
test_put_inside (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  call (&fixture, wait_at_gate, 0);
  call (&fixture, put_inside, 1);
  call (&fixture, run_note, 2);
  counter_add (&fixture.gate);
  counter_wait (&fixture.destroyed, 4);
  g_assert_cmpuint (g_array_index (fixture.calls, guint, 0), ==, 2);
  g_assert_cmpuint (g_array_index (fixture.calls, guint, 1), ==, 101);
  fixture_clear (&fixture);
}

static void
on_gone (gpointer data, GObject * element)
{
  counter_add (data);
}

static void
drop_reference (GstElement * element, gpointer data)
{
  gst_object_unref (element);
}

/* The application drops its last reference in a handler; the element takes
 * its outbox with it. */
static void
test_last_reference (void)
{
  Counter gone;
  guint i;

  counter_init (&gone);
  for (i = 0; i < 100; i++) {
    GstElement *element = gst_object_ref_sink (gst_bin_new (NULL));
    GstIceOutbox *outbox = gst_ice_outbox_new (element);

    g_object_weak_ref (G_OBJECT (element), on_gone, &gone);
    g_object_set_data_full (G_OBJECT (element), "outbox", outbox,
        (GDestroyNotify) gst_ice_outbox_unref);
    gst_object_ref (element);
    gst_ice_outbox_call (outbox, drop_reference, NULL, NULL);
    gst_ice_outbox_post (outbox, gst_message_new_eos (GST_OBJECT (element)));
    gst_object_unref (element);
    counter_wait (&gone, i + 1);
  }
  counter_clear (&gone);
}

/* An element without a bus, as after NULL: messages are dropped, not kept. */
static void
test_no_bus (void)
{
  Fixture fixture;

  fixture_init (&fixture);
  gst_element_set_bus (fixture.element, NULL);
  post_number (&fixture, 1);
  g_assert_true (gst_ice_outbox_drain (fixture.outbox));
  g_assert_false (gst_bus_have_pending (fixture.bus));
  fixture_clear (&fixture);
}

int
main (int argc, char **argv)
{
  /* No element is made here. */
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (&argc, &argv);
  /* GStreamer's leaks tracer tells then what is still alive. */
  atexit (gst_deinit);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/outbox/keeps-the-order", test_order);
  g_test_add_func ("/outbox/drain", test_drain);
  g_test_add_func ("/outbox/delivers-on-another-thread", test_other_thread);
  g_test_add_func ("/outbox/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/outbox/slow-handlers-delay-no-other-sink",
      test_slow_handlers);
  g_test_add_func ("/outbox/turns-take-one-thread",
      test_turns_take_one_thread);
  g_test_add_func ("/outbox/turns-pass-a-slow-handler",
      test_turns_pass_a_slow_handler);
  g_test_add_func ("/outbox/drain-waits-for-a-handler", test_drain_waits);
  g_test_add_func ("/outbox/flushing-ends-drain", test_flushing);
  g_test_add_func ("/outbox/held-errors-outlast-a-drain", test_held_error);
  g_test_add_func ("/outbox/the-end-waits-for-a-handler", test_deliver_waits);
  g_test_add_func ("/outbox/the-end-does-not-wait-for-ever",
      test_deliver_gives_up);
  g_test_add_func ("/outbox/clear-forgets-what-waits", test_clear);
  g_test_add_func ("/outbox/drain-in-a-handler-returns", test_reentrant);
  g_test_add_func ("/outbox/put-in-a-handler", test_put_inside);
  g_test_add_func ("/outbox/last-reference-in-a-handler",
      test_last_reference);
  g_test_add_func ("/outbox/without-a-bus", test_no_bus);

  return g_test_run ();
}
