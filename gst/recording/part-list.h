/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The parts of a recording that are held, by offset: where a byte is, what may
 * leave, what is kept although it has arrived.
 *
 * Private to this folder. Protected by: lock, for everything but what is said to
 * be constant; all functions but the first two are to be called with it held. The locks of the
 * pool, of a sealed part and of the spool's queue may be taken inside it; it is
 * never held while a callback runs or the disk or a thread is awaited.
 *
 * What a muxer may still rewrite is decided here: the head stays to the end,
 * also if it has left before, which it does where nothing seems to be
 * rewritten; a part behind the write position leaves when it is further back
 * than the window.
 * The window is the longest rewind seen so far and half of that again, since the
 * next may be longer. A rewrite of bytes that were rewritten before is no such
 * rewind but another update of the same place (a reserved moov): it makes the
 * head longer. Head and window together may take half of the memory, so that the
 * other half keeps the upload going.
 *
 * A part that has left and is rewritten while it is still held becomes dirty
 * and leaves again under its number. What has arrived last is therefore kept for
 * a while, a few MiB of it, as long as nobody needs the memory: it catches the
 * first rewind, before a window is known, and one for which the window is too
 * small. With a spool, all parts are kept to the end, there. */

#pragma once

#include "common/clock.h"
#include "recording/held-part.h"

typedef struct
{
  GstIcePartPlan plan;     /* sizes of the parts; constant */
  guint64 max_memory;      /* budget in bytes; constant */
  GstIceClock *clock;      /* (owned) constant */
  GstIceChunkPool *pool;   /* (owned) of all memory; constant */

  GMutex lock;
  GstIceSpool *spool;      /* (nullable) (owned) where parts are that left
                            * memory, and which is told of those that are
                            * sealed */
  gboolean spooling;       /* what is written goes to disk as well, so that
                            * memory bounds neither the head nor what is
                            * kept */
  GPtrArray *parts;        /* (element-type GstIceHeldPart) (owned) by
                            * offset */
  guint last_number;       /* of the part that was opened last */
  guint64 last_size;       /* its size when it is full */
  guint64 position;        /* next byte written; the part there stays */
  guint64 size;            /* one past the last byte written */
  guint64 head_size;       /* the head has parts of its own up to here */
  guint64 head_end;        /* everything before it is held to the end */
  guint64 former_head_end; /* as far as it was held before a disk that was to
                            * hold it took nothing any more, or 0 */
  guint64 window;          /* held back behind @size */
  guint64 longest_rewind;  /* that was seen so far */
  guint64 next_leave;      /* below this size no part may leave */
  guint64 kept_memory;     /* of parts that have arrived and are kept */
  gint64 finished_us;      /* since when nothing more is written, monotonic; or
                            * -1 */
} GstIcePartList;

/* @spool: (nullable). (transfer full) */
GstIcePartList *gst_ice_part_list_new (const GstIcePartPlan * plan,
    guint64 max_memory, guint64 head_size, GstIceClock * clock,
    GstIceSpool * spool);
void gst_ice_part_list_free (GstIcePartList * list);

/* ---- where it is ---- */

/* The part that holds byte @offset, or NULL if it has gone. */
GstIceHeldPart *gst_ice_part_list_find (GstIcePartList * list,
    guint64 offset);

/* The part with that number, or NULL if it has gone. */
GstIceHeldPart *gst_ice_part_list_find_number (GstIcePartList * list,
    guint number);

/* The last part, or NULL. */
GstIceHeldPart *gst_ice_part_list_get_last (GstIcePartList * list);

/* TRUE if @part is the one that appended bytes go to. */
gboolean gst_ice_part_list_is_open (GstIcePartList * list,
    const GstIceHeldPart * part);

/* TRUE if some of @part stays to the end. */
gboolean gst_ice_part_list_is_head (GstIcePartList * list,
    const GstIceHeldPart * part);

/* TRUE if parts that wait for the network are on disk only. */
gboolean gst_ice_part_list_is_spilling (GstIcePartList * list);

/* Since when the oldest byte that has not arrived could have left; monotonic,
 * or -1. */
gint64 gst_ice_part_list_get_oldest (GstIcePartList * list);

/* Size of the part that is being filled, or comes next. */
guint64 gst_ice_part_list_get_part_size (GstIcePartList * list);

/* ---- how it grows ---- */

/* The part that takes the byte at the end of the object.
 * Errors: GST_ICE_ERROR_NO_SPACE (the plan has no more), GST_ICE_ERROR_FAILED
 * (the last one is too small to be followed by another). */
GstIceHeldPart *gst_ice_part_list_open_part (GstIcePartList * list,
    GError ** error);

/* The next @size bytes are a part that an earlier run left on disk, or, with
 * @freed, at the service alone. Errors: GST_ICE_ERROR_FAILED, as above. */
gboolean gst_ice_part_list_add_left (GstIcePartList * list, guint64 size,
    gboolean freed, GError ** error);

/* The open part ends here, if it is large enough. FALSE if it isn't. */
gboolean gst_ice_part_list_close_part (GstIcePartList * list);

/* TRUE if the open part is older than @duration_us times what the plan says. */
gboolean gst_ice_part_list_is_aged (GstIcePartList * list,
    gint64 duration_us);

/* Lets the open part end now, or when it has OSS's minimum size, if the plan
 * can spare the number. */
void gst_ice_part_list_shorten_part (GstIcePartList * list);

/* Holds the head up to @end, if memory allows. */
void gst_ice_part_list_extend_head (GstIcePartList * list, guint64 end);

/* Learns from a rewrite of @size bytes at the position, inside @part.
 * @rewinding: nothing was written since the position moved there. */
void gst_ice_part_list_learn_rewrite (GstIcePartList * list,
    GstIceHeldPart * part, guint64 size, gboolean rewinding);

/* ---- what leaves ---- */

/* Something about @part has changed: when may it leave now? */
void gst_ice_part_list_note_change (GstIcePartList * list,
    const GstIceHeldPart * part);

/* Seals into @leaving all that may leave. */
void gst_ice_part_list_seal_ready (GstIcePartList * list,
    GPtrArray * leaving);

/* Likewise, all that has not left yet, because nothing more comes. */
void gst_ice_part_list_seal_rest (GstIcePartList * list, GPtrArray * leaving);

/* TRUE if a sealed part is on its way, so that memory will come back. */
gboolean gst_ice_part_list_is_any_leaving (GstIcePartList * list);

/* Likewise, one that was held back as the head. */
gboolean gst_ice_part_list_is_head_leaving (GstIcePartList * list);

/* What is held back for rewrites to come may leave. FALSE if that is nothing. */
gboolean gst_ice_part_list_give_up_window (GstIcePartList * list);

/* Memory is full of a head that was meant for a disk. What is more of it than
 * memory was to hold may leave. FALSE if that is nothing. */
gboolean gst_ice_part_list_shorten_head (GstIcePartList * list);

/* ---- what is kept ---- */

/* Which of the parts that have arrived may go. */
typedef enum
{
  GST_ICE_DROP_USUAL,   /* as next, but none that hardly takes memory */
  GST_ICE_DROP_MOST,    /* all but the one that is being written */
  GST_ICE_DROP_ALL,     /* all */
} GstIceDropMode;

/* Told of a part that is no longer held. */
typedef void (*GstIceDroppedFunc) (GstIceHeldPart * part, gpointer user_data);

/* @part has arrived, and is held in memory as long as there is room. */
void gst_ice_part_list_keep (GstIcePartList * list, GstIceHeldPart * part,
    GstIceDroppedFunc dropped, gpointer user_data);

/* @part is no longer what has arrived. */
void gst_ice_part_list_unkeep (GstIcePartList * list, GstIceHeldPart * part);

/* Lets go of all parts that have arrived and may go. FALSE if that are none. */
gboolean gst_ice_part_list_drop_kept (GstIcePartList * list,
    GstIceDropMode mode, GstIceDroppedFunc dropped, gpointer user_data);

/* Somebody needs memory: lets go of the oldest of them, but the one that is
 * being written. FALSE if that are none. */
gboolean gst_ice_part_list_drop_oldest (GstIcePartList * list,
    GstIceDroppedFunc dropped, gpointer user_data);

/* TRUE if @part may go from disk as well. One that is too small to be followed
 * by another may not: its bytes may have to be sent with those behind it. */
gboolean gst_ice_part_list_is_freeable (GstIcePartList * list,
    const GstIceHeldPart * part);

/* Lets go of everything. */
void gst_ice_part_list_clear (GstIcePartList * list);
