/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* The outbox; see the header.
 *
 * Protected by: lock, which is never held while something is delivered.
 * Owns: the items, and through them the element.
 *
 * The pool is GLib's: a thread comes when there is something to do and leaves
 * when it has been idle for a while, so nothing has to be joined, and the last
 * reference to an element may go on any of them. One thread serves all sinks
 * while no handler is slow; each slow one takes a thread for itself. */

#include "icesink/outbox.h"

typedef struct
{
  GstElement *element;          /* (owned) */
  GstMessage *message;          /* (nullable) (owned) */
  GstIceOutboxFunc func;        /* (nullable) */
  gpointer user_data;
  GDestroyNotify destroy;
} Item;

struct _GstIceOutbox
{
  gatomicrefcount ref_count;
  GstElement *element;          /* (unowned) valid while something is put in */

  GMutex lock;
  GCond idle;                   /* signalled when a delivery has ended */
  GQueue items;
  GThread *deliverer;           /* (nullable) the thread that delivers */
  gboolean scheduled;           /* the pool has been asked to */
  gboolean flushing;
};

static void
free_item (Item * item)
{
  if (item->destroy != NULL)
    item->destroy (item->user_data);
  g_clear_pointer (&item->message, gst_message_unref);
  gst_object_unref (item->element);
  g_free (item);
}

static void
on_pool_thread (gpointer data, gpointer user_data)
{
  g_autoptr (GstIceOutbox) outbox = data;

  g_mutex_lock (&outbox->lock);
  outbox->scheduled = FALSE;
  g_mutex_unlock (&outbox->lock);

  gst_ice_outbox_deliver (outbox, 0);
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

GstIceOutbox *
gst_ice_outbox_ref (GstIceOutbox * outbox)
{
  g_atomic_ref_count_inc (&outbox->ref_count);
  return outbox;
}

void
gst_ice_outbox_unref (GstIceOutbox * outbox)
{
  if (!g_atomic_ref_count_dec (&outbox->ref_count))
    return;

  g_queue_clear_full (&outbox->items, (GDestroyNotify) free_item);
  g_cond_clear (&outbox->idle);
  g_mutex_clear (&outbox->lock);
  g_free (outbox);
}

static void
put (GstIceOutbox * outbox, const Item * fields)
{
  Item *item = g_new (Item, 1);
  gboolean schedule;

  *item = *fields;
  item->element = gst_object_ref (outbox->element);

  g_mutex_lock (&outbox->lock);
  g_queue_push_tail (&outbox->items, item);
  /* Whoever delivers now will come to it. */
  schedule = outbox->deliverer == NULL && !outbox->scheduled;
  outbox->scheduled = outbox->scheduled || schedule;
  g_mutex_unlock (&outbox->lock);

  if (schedule)
    g_thread_pool_push (get_pool (), gst_ice_outbox_ref (outbox), NULL);
}

void
gst_ice_outbox_post (GstIceOutbox * outbox, GstMessage * message)
{
  put (outbox, &(Item) {.message = message });
}

void
gst_ice_outbox_call (GstIceOutbox * outbox, GstIceOutboxFunc func,
    gpointer user_data, GDestroyNotify destroy)
{
  put (outbox, &(Item) {
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

/* Call with the lock held, while nobody delivers. Releases it for each
 * item. */
static void
deliver_all (GstIceOutbox * outbox)
{
  Item *item;

  outbox->deliverer = g_thread_self ();
  while ((item = g_queue_pop_head (&outbox->items)) != NULL) {
    g_mutex_unlock (&outbox->lock);
    deliver_item (item);
    free_item (item);
    g_mutex_lock (&outbox->lock);
  }
  outbox->deliverer = NULL;
  g_cond_broadcast (&outbox->idle);
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
    deliver_all (outbox);
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
      deliver_all (outbox);
      drained = TRUE;
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
