/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The outbox; see the header.
 *
 * Protected by: lock, which is never held while something is delivered; the
 * turns' own lock.
 * Owns: the items, and through them the element.
 *
 * The pool is GLib's: a thread comes when there is something to do and leaves
 * when it has been idle for a while, so nothing has to be joined, and the last
 * reference to an element may go on any of them. A push to the pool can start a
 * thread, and always wakes one, which costs more than most messages do. So what
 * can wait for its turn is delivered by one thread for all sinks; who is not
 * served before there is something new gets a thread for itself. */

#include "icesink/outbox.h"

#include "common/lock.h"

/* What an application has to run its loop once a state change has returned, and
 * the longest that this is waited for. */
#define MOMENT_US (G_USEC_PER_SEC / 10)
#define LONGEST_HOLD_US (2 * G_USEC_PER_SEC)

typedef struct
{
  GstElement *element;          /* (owned) */
  GstMessage *message;          /* (nullable) (owned) */
  GstIceOutboxFunc func;        /* (nullable) */
  gpointer user_data;
  GDestroyNotify destroy;
} Item;

/* When a thread of the pool comes. */
typedef enum
{
  NOT_SCHEDULED,
  IN_TURN,                      /* the one that serves all, if none blocks it */
  AT_ONCE,
} Schedule;

struct _GstIceOutbox
{
  gatomicrefcount ref_count;
  GstElement *element;          /* (unowned) valid while something is put in */

  GMutex lock;
  GCond idle;                   /* signalled when a delivery has ended */
  GQueue items;
  GThread *deliverer;           /* (nullable) the thread that delivers */
  Schedule schedule;
  gboolean flushing;
  gint64 hold_until_us;         /* errors wait so long */
};

/* Those whose turn comes. Its lock is taken inside that of an outbox. */
static struct
{
  GMutex lock;
  GQueue outboxes;              /* (owned) */
  gboolean being_taken;         /* by a thread of the pool */
} turns;

static void
free_item (Item * item)
{
  if (item->destroy != NULL)
    item->destroy (item->user_data);
  g_clear_pointer (&item->message, gst_message_unref);
  gst_object_unref (item->element);
  g_free (item);
}

/* All of them at once, so that who puts in more does not meet this thread at
 * the lock. FALSE when all have had their turn. @taken: (out) */
static gboolean
take_turns (GQueue * taken)
{
  gst_ice_lock_scope (&turns.lock);

  *taken = turns.outboxes;
  g_queue_init (&turns.outboxes);
  turns.being_taken = taken->head != NULL;

  return turns.being_taken;
}

/* @outbox: (transfer full) */
static void
deliver_scheduled (GstIceOutbox * outbox, Schedule schedule)
{
  g_mutex_lock (&outbox->lock);
  if (outbox->schedule == schedule)
    outbox->schedule = NOT_SCHEDULED;
  g_mutex_unlock (&outbox->lock);

  gst_ice_outbox_deliver (outbox, 0);
  gst_ice_outbox_unref (outbox);
}

/* @data: an outbox, or the turns. */
static void
on_pool_thread (gpointer data, gpointer user_data)
{
  GQueue taken;

  if (data != &turns) {
    deliver_scheduled (data, AT_ONCE);
    return;
  }

  while (take_turns (&taken))
    while (taken.head != NULL)
      deliver_scheduled (g_queue_pop_head (&taken), IN_TURN);
}

static GThreadPool *
get_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool)) {
    GThreadPool *created = g_thread_pool_new (on_pool_thread, NULL,
        -1, FALSE, NULL);

    g_once_init_leave (&pool, (gsize) created);
  }

  return (GThreadPool *) pool;
}

GstIceOutbox *
gst_ice_outbox_new (GstElement * element)
{
  GstIceOutbox *outbox = g_new0 (GstIceOutbox, 1);

  g_atomic_ref_count_init (&outbox->ref_count);
  outbox->element = element;
  g_mutex_init (&outbox->lock);
  g_cond_init (&outbox->idle);
  g_queue_init (&outbox->items);

  return outbox;
}

static void
finalize (GstIceOutbox * outbox)
{
  g_queue_clear_full (&outbox->items, (GDestroyNotify) free_item);
  g_cond_clear (&outbox->idle);
  g_mutex_clear (&outbox->lock);
  g_free (outbox);
}

GST_ICE_DEFINE_COUNTED (GstIceOutbox, gst_ice_outbox, finalize)

/* Call with the lock held. */
static void
schedule_at_once (GstIceOutbox * outbox)
{
  if (outbox->schedule == AT_ONCE)
    return;

  outbox->schedule = AT_ONCE;
  g_thread_pool_push (get_pool (), gst_ice_outbox_ref (outbox), NULL);
}

/* Call with the lock held. */
static void
schedule_in_turn (GstIceOutbox * outbox)
{
  gst_ice_lock_scope (&turns.lock);

  outbox->schedule = IN_TURN;
  g_queue_push_tail (&turns.outboxes, gst_ice_outbox_ref (outbox));
  if (!turns.being_taken)
    g_thread_pool_push (get_pool (), &turns, NULL);
  turns.being_taken = TRUE;
}

static void
put (GstIceOutbox * outbox, Schedule schedule, const Item * fields)
{
  Item *item = g_new (Item, 1);

  *item = *fields;
  item->element = gst_object_ref (outbox->element);

  g_mutex_lock (&outbox->lock);
  g_queue_push_tail (&outbox->items, item);
  /* Whoever delivers now will come to it. */
  if (outbox->deliverer == NULL) {
    if (schedule == IN_TURN && outbox->schedule == NOT_SCHEDULED)
      schedule_in_turn (outbox);
    else
      schedule_at_once (outbox);
  }
  g_mutex_unlock (&outbox->lock);
}

void
gst_ice_outbox_post (GstIceOutbox * outbox, GstMessage * message)
{
  put (outbox, AT_ONCE, &(Item) {.message = message });
}

void
gst_ice_outbox_post_in_turn (GstIceOutbox * outbox, GstMessage * message)
{
  put (outbox, IN_TURN, &(Item) {.message = message });
}

void
gst_ice_outbox_call (GstIceOutbox * outbox, GstIceOutboxFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  put (outbox, AT_ONCE, &(Item) {
        .func = func,
        .user_data = user_data,
        .destroy = destroy,
      });
}

static void
deliver_item (Item * item)
{
  if (item->message != NULL)
    gst_element_post_message (item->element,
        g_steal_pointer (&item->message));
  else
    item->func (item->element, item->user_data);
}

/* TRUE if nobody changes the state of the outermost bin at the moment. */
static gboolean
is_settled (GstElement * element)
{
  g_autoptr (GstObject) object = gst_object_ref (GST_OBJECT (element));
  GstObject *parent;

  while ((parent = gst_object_get_parent (object)) != NULL) {
    gst_object_unref (object);
    object = parent;
  }
  if (!GST_STATE_TRYLOCK (object))
    return FALSE;
  GST_STATE_UNLOCK (object);

  return TRUE;
}

/* Waits until @item may be delivered. FALSE if flushing came first. Call with
 * the lock held. */
static gboolean
wait_to_deliver (GstIceOutbox * outbox, Item * item, gboolean until_flushing)
{
  gint64 now;

  if (item->message == NULL
      || GST_MESSAGE_TYPE (item->message) != GST_MESSAGE_ERROR)
    return TRUE;

  while ((now = g_get_monotonic_time ()) < outbox->hold_until_us) {
    if (until_flushing && outbox->flushing)
      return FALSE;
    if (outbox->hold_until_us < G_MAXINT64 && is_settled (item->element))
      outbox->hold_until_us = MIN (outbox->hold_until_us, now + MOMENT_US);
    g_cond_wait_until (&outbox->idle, &outbox->lock, MIN (now + MOMENT_US / 5,
            outbox->hold_until_us));
  }

  return TRUE;
}

/* Call with the lock held, while nobody delivers. Releases it for each item.
 * FALSE if @until_flushing, and that came first. */
static gboolean
deliver_all (GstIceOutbox * outbox, gboolean until_flushing)
{
  Item *item;

  outbox->deliverer = g_thread_self ();
  while ((item = g_queue_peek_head (&outbox->items)) != NULL
      && wait_to_deliver (outbox, item, until_flushing)) {
    item = g_queue_pop_head (&outbox->items);
    g_mutex_unlock (&outbox->lock);
    deliver_item (item);
    free_item (item);
    g_mutex_lock (&outbox->lock);
  }
  outbox->deliverer = NULL;
  if (item != NULL)
    schedule_at_once (outbox);
  g_cond_broadcast (&outbox->idle);

  return item == NULL;
}

void
gst_ice_outbox_deliver (GstIceOutbox * outbox, gint64 deadline_us)
{
  g_mutex_lock (&outbox->lock);
  while (outbox->deliverer != NULL && outbox->deliverer != g_thread_self ()) {
    if (!g_cond_wait_until (&outbox->idle, &outbox->lock, deadline_us))
      break;
  }
  if (outbox->deliverer == NULL)
    deliver_all (outbox, FALSE);
  g_mutex_unlock (&outbox->lock);
}

void
gst_ice_outbox_clear (GstIceOutbox * outbox)
{
  GQueue items;

  g_mutex_lock (&outbox->lock);
  items = outbox->items;
  g_queue_init (&outbox->items);
  g_mutex_unlock (&outbox->lock);

  /* Outside the lock: a reference to the element may be the last one. */
  g_queue_clear_full (&items, (GDestroyNotify) free_item);
}

gboolean
gst_ice_outbox_drain (GstIceOutbox * outbox)
{
  gboolean drained = FALSE;

  g_mutex_lock (&outbox->lock);
  while (!outbox->flushing && outbox->deliverer != g_thread_self ()) {
    if (outbox->deliverer == NULL) {
      drained = deliver_all (outbox, TRUE);
      break;
    }
    g_cond_wait (&outbox->idle, &outbox->lock);
  }
  g_mutex_unlock (&outbox->lock);

  return drained;
}

void
gst_ice_outbox_set_flushing (GstIceOutbox * outbox, gboolean flushing)
{
  g_mutex_lock (&outbox->lock);
  outbox->flushing = flushing;
  g_cond_broadcast (&outbox->idle);
  g_mutex_unlock (&outbox->lock);
}

static void
set_hold (GstIceOutbox * outbox, gint64 until_us)
{
  g_mutex_lock (&outbox->lock);
  outbox->hold_until_us = until_us;
  g_cond_broadcast (&outbox->idle);
  g_mutex_unlock (&outbox->lock);
}

void
gst_ice_outbox_hold_errors (GstIceOutbox * outbox, gboolean hold)
{
  set_hold (outbox, hold ? G_MAXINT64
      : g_get_monotonic_time () + LONGEST_HOLD_US);
}

void
gst_ice_outbox_release_errors (GstIceOutbox * outbox)
{
  set_hold (outbox, 0);
}
