/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A request body for libsoup that sends itself.
 *
 * libsoup sends a body by copying it, 8 KiB at a time, to a socket that has
 * Nagle's algorithm turned off: a copy, a system call, a small segment (or TLS
 * record) and a turn of the main loop for each 8 KiB, several times the cost
 * of everything else that an upload does. Here the first read does the work
 * instead: it writes the bytes to the connection itself, in large pieces,
 * where they are, waits on the connection where that would block, and reports
 * the end of the stream when it is done. libsoup then has nothing to copy and
 * goes on to read the answer.
 *
 * The bytes are in memory, or come from a stream in blocks, each of which is
 * sent from where it was read to. Between two blocks this waits for the next
 * one, and for an early answer.
 *
 * What this leans on, and who checks it:
 * - The connection speaks HTTP/1.x and belongs to this request alone: the
 *   exchange, from what was negotiated.
 * - The head of the request is out, with a Content-Length of exactly these
 *   bytes, and libsoup keeps no buffer of its own above the stream that it
 *   told of in SoupMessage::network-event: the exchange calls set_direct()
 *   from SoupMessage::wrote-headers, which comes after the head's last byte.
 * - libsoup takes an early end of the stream for the end of the body; it does
 *   not count (3.0 to 3.6).
 * - Reads come nonblocking, on the thread that called set_direct(): checked at
 *   each read.
 * - A request is not sent a second time with the same stream: libsoup drops
 *   the stream when it restarts a message, and the exchange ends it there.
 * Where one of them does not hold, set_direct() is not called or says FALSE,
 * and this is an ordinary pollable stream.
 *
 * An answer that comes early. A server that refuses a request may answer and
 * close without reading the body. Then the stream ends early and without an
 * error, so that libsoup goes on to look for that answer; with an error it
 * would never look. This is so when the answer is seen (see
 * gst_ice_connection_look_for_answer) and when a write fails: a reset does not
 * destroy what had arrived before it. If nothing is there to be read either,
 * libsoup reports that.
 *
 * Runs on: the network thread.
 * Owns: references to the bytes, or the reader of blocks, until the end or
 * detach(); the connection's output stream while it writes. */

#include "http/body-stream.h"

#include <string.h>

/* How much one read writes before other connections get their turn. */
#define TURN_SIZE (1024 * 1024)
/* One system call. */
#define WRITE_SIZE (512 * 1024)
#define MAX_VECTORS 32

struct _GstIceBodyStream
{
  GInputStream parent;

  GPtrArray *bytes;             /* (owned) (nullable): NULL once detached */
  GstIceBlockReader *reader;    /* (owned) (nullable): of the bytes to come */
  guint index;                  /* where it stands: in which of the bytes */
  gsize offset;                 /* and how far into them */
  guint64 done;                 /* bytes that went out */
  GstIceHttpProgressFunc progress;
  gpointer progress_data;

  GstIceConnection *connection; /* (owned) (nullable): set: direct */
  GPollableOutputStream *output;        /* (owned) (nullable) */
  GThread *thread;              /* (unowned) */
  gboolean is_tls;
  gboolean ended_early;
};

static void pollable_init (GPollableInputStreamInterface * iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstIceBodyStream, gst_ice_body_stream,
    G_TYPE_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, pollable_init))
     static gboolean is_drained (GstIceBodyStream * self)
{
  return self->index == self->bytes->len;
}

/* The bytes in hand are drained: takes the next block, if it has been read. */
static void
take_block (GstIceBodyStream * self)
{
  GBytes *block = gst_ice_block_reader_take (self->reader);

  if (!block)
    return;
  g_ptr_array_set_size (self->bytes, 0);
  g_ptr_array_add (self->bytes, block);
  self->index = 0;
  self->offset = 0;
}

/* Takes the next block if the last has gone. TRUE if there are bytes to be sent
 * at once. */
static gboolean
provide_bytes (GstIceBodyStream * self)
{
  if (is_drained (self) && self->reader && !self->ended_early)
    take_block (self);
  return !is_drained (self);
}

static gboolean
is_at_end (GstIceBodyStream * self)
{
  if (!is_drained (self))
    return FALSE;
  return !self->reader || self->ended_early
      || gst_ice_block_reader_is_at_end (self->reader);
}

/* The bytes that come next, up to the end of their GBytes. */
static const guint8 *
peek_at (GstIceBodyStream * self, guint index, gsize offset, gsize * size)
{
  const guint8 *data =
      g_bytes_get_data (g_ptr_array_index (self->bytes, index), size);

  *size -= offset;
  return data + offset;
}

/* Also steps over empty GBytes. */
static void
advance (GstIceBodyStream * self, gsize size)
{
  self->done += size;
  while (!is_drained (self)) {
    gsize left;

    peek_at (self, self->index, self->offset, &left);
    if (size < left) {
      self->offset += size;
      return;
    }
    size -= left;
    self->index++;
    self->offset = 0;
  }
}

static void
report_progress (GstIceBodyStream * self, gsize size)
{
  if (size > 0 && self->progress)
    self->progress (size, self->progress_data);
}

/* Reading as any stream does. */
static gssize
read_bytes (GstIceBodyStream * self, guint8 * buffer, gsize count,
    GError ** error)
{
  gsize done = 0;

  while (done < count && provide_bytes (self)) {
    gsize size;
    const guint8 *data = peek_at (self, self->index, self->offset, &size);

    size = MIN (size, count - done);
    memcpy (buffer + done, data, size);
    advance (self, size);
    done += size;
  }
  report_progress (self, done);
  if (done > 0 || count == 0 || is_at_end (self))
    return done;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
      "the next block is being read");
  return -1;
}

static guint
gather (GstIceBodyStream * self, GOutputVector * vectors)
{
  gsize offset = self->offset;
  gsize total = 0;
  guint n = 0;

  for (guint i = self->index; i < self->bytes->len; i++) {
    if (n == MAX_VECTORS || total >= WRITE_SIZE)
      break;
    vectors[n].buffer = peek_at (self, i, offset, &vectors[n].size);
    vectors[n].size = MIN (vectors[n].size, WRITE_SIZE - total);
    total += vectors[n].size;
    offset = 0;
    if (vectors[n].size > 0)
      n++;
  }

  return n;
}

/* Returns how much went out, or -1. */
static gssize
write_vectors (GstIceBodyStream * self, GError ** error)
{
  GOutputVector vectors[MAX_VECTORS];
  guint n = gather (self, vectors);
  gsize written = 0;

  switch (g_pollable_output_stream_writev_nonblocking (self->output, vectors,
          n, &written, NULL, error)) {
    case G_POLLABLE_RETURN_OK:
      advance (self, written);
      return written;
    case G_POLLABLE_RETURN_WOULD_BLOCK:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
          "the connection is busy");
      return -1;
    default:
      return -1;
  }
}

/* Over TLS a write makes one record, of 16 KiB at most, whatever it is given.
 * Returns how much went out, or -1. */
static gssize
write_record (GstIceBodyStream * self, GError ** error)
{
  gsize size;
  const guint8 *data = peek_at (self, self->index, self->offset, &size);
  gssize written = g_pollable_output_stream_write_nonblocking (self->output,
      data, MIN (size, WRITE_SIZE), NULL, error);

  if (written > 0)
    advance (self, written);
  return written;
}

/* Writes once. Returns how much went out, or -1. */
static gssize
write_once (GstIceBodyStream * self, GError ** error)
{
  return self->is_tls ? write_record (self, error) :
      write_vectors (self, error);
}

static void
end_early (GstIceBodyStream * self)
{
  self->ended_early = TRUE;
  self->index = self->bytes->len;
  self->offset = 0;
}

static gboolean
look_for_answer (GstIceBodyStream * self)
{
  return !is_at_end (self)
      && gst_ice_connection_look_for_answer (self->connection);
}

/* Writes until the end, or for one turn. Returns 0 at the end, -1 with
 * G_IO_ERROR_WOULD_BLOCK before it; there are no other errors. */
static gssize
write_turn (GstIceBodyStream * self, GError ** error)
{
  gsize done = 0;

  if (look_for_answer (self))
    end_early (self);

  while (done < TURN_SIZE && provide_bytes (self)) {
    g_autoptr (GError) local_error = NULL;
    gssize written = write_once (self, &local_error);

    if (written >= 0) {
      done += written;
      continue;
    }
    if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      break;
    end_early (self);
  }
  report_progress (self, done);
  if (!self->bytes || is_at_end (self))
    return 0;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
      "the body is under way");
  return -1;
}

static gboolean
is_direct (GstIceBodyStream * self)
{
  return self->connection != NULL;
}

/* FALSE if the stream cannot be read, or not like this: where a block is
 * awaited, a blocking read gets G_IO_ERROR_WOULD_BLOCK as well. */
static gboolean
check_read (GstIceBodyStream * self, gboolean blocking, GError ** error)
{
  if (!self->bytes) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
        "the request is over");
    return FALSE;
  }
  if (!is_direct (self) || (!blocking && self->thread == g_thread_self ()))
    return TRUE;
  if (self->done == 0) {
    g_clear_pointer (&self->connection, gst_ice_connection_unref);
    g_clear_object (&self->output);
    return TRUE;
  }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "the body is being sent in another way");
  return FALSE;
}

static gssize
gst_ice_body_stream_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  GstIceBodyStream *self = GST_ICE_BODY_STREAM (stream);

  if (!check_read (self, TRUE, error))
    return -1;
  return read_bytes (self, buffer, count, error);
}

static gssize
gst_ice_body_stream_read_nonblocking (GPollableInputStream * stream,
    void *buffer, gsize count, GError ** error)
{
  GstIceBodyStream *self = GST_ICE_BODY_STREAM (stream);

  if (!check_read (self, FALSE, error))
    return -1;
  if (is_direct (self))
    return write_turn (self, error);
  return read_bytes (self, buffer, count, error);
}

static gboolean
gst_ice_body_stream_is_readable (GPollableInputStream * stream)
{
  GstIceBodyStream *self = GST_ICE_BODY_STREAM (stream);

  if (!self->bytes)
    return TRUE;
  if (gst_ice_body_stream_is_waiting (self))
    return is_direct (self) && look_for_answer (self);
  if (!is_direct (self) || is_at_end (self))
    return TRUE;
  return g_pollable_output_stream_is_writable (self->output);
}

/* A source that is ready when the next block is. The read of it ends on this
 * thread, so the main loop comes by here afterwards. */

typedef struct
{
  GSource source;
  GstIceBodyStream *self;       /* (owned) */
} BlockSource;

static gboolean
block_source_is_ready (GSource * source)
{
  return !gst_ice_body_stream_is_waiting (((BlockSource *) source)->self);
}

static gboolean
block_source_prepare (GSource * source, gint * timeout)
{
  *timeout = -1;
  return block_source_is_ready (source);
}

/* It is only ever a child, which wakes its parent. */
static gboolean
block_source_dispatch (GSource * source, GSourceFunc callback,
    gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
block_source_finalize (GSource * source)
{
  g_object_unref (((BlockSource *) source)->self);
}

static GSource *
create_block_source (GstIceBodyStream * self)
{
  static GSourceFuncs funcs = {
    .prepare = block_source_prepare,
    .check = block_source_is_ready,
    .dispatch = block_source_dispatch,
    .finalize = block_source_finalize,
  };
  GSource *source = g_source_new (&funcs, sizeof (BlockSource));

  ((BlockSource *) source)->self = g_object_ref (self);
  return source;
}

/* @source: (transfer full) (nullable). Of GIO, which would call somebody.
 * (transfer full) (nullable) */
static GSource *
silence (GSource * source)
{
  if (source)
    g_source_set_dummy_callback (source);
  return source;
}

/* @child: (transfer full) */
static void
add_child (GSource * source, GSource * child)
{
  g_source_add_child_source (source, child);
  g_source_unref (child);
}

/* What has to happen before the next read; NULL: nothing.
 * (transfer full) (nullable) */
static GSource *
create_awaited (GstIceBodyStream * self)
{
  if (!self->bytes)
    return NULL;
  if (!provide_bytes (self) && gst_ice_body_stream_is_waiting (self))
    return create_block_source (self);
  if (!is_direct (self) || is_at_end (self))
    return NULL;
  return silence (self->is_tls ?
      g_pollable_output_stream_create_source (self->output, NULL) :
      gst_ice_connection_create_source (self->connection, G_IO_OUT));
}

/* With what is awaited on the connection goes a look for an early answer.
 * (transfer full) (nullable) */
static GSource *
create_answer (GstIceBodyStream * self)
{
  if (!is_direct (self))
    return NULL;
  if (!self->is_tls && !gst_ice_body_stream_is_waiting (self))
    return NULL;
  return silence (gst_ice_connection_create_source (self->connection, 0));
}

static GSource *
gst_ice_body_stream_create_source (GPollableInputStream * stream,
    GCancellable * cancellable)
{
  GstIceBodyStream *self = GST_ICE_BODY_STREAM (stream);
  GSource *source = g_pollable_source_new_full (self, NULL, cancellable);
  GSource *awaited = create_awaited (self);
  GSource *answer = awaited ? create_answer (self) : NULL;

  add_child (source, awaited ? awaited : silence (g_timeout_source_new (0)));
  if (answer)
    add_child (source, answer);

  return source;
}

static void
gst_ice_body_stream_finalize (GObject * object)
{
  gst_ice_body_stream_detach (GST_ICE_BODY_STREAM (object));
  G_OBJECT_CLASS (gst_ice_body_stream_parent_class)->finalize (object);
}

static void
gst_ice_body_stream_class_init (GstIceBodyStreamClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_ice_body_stream_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = gst_ice_body_stream_read;
}

static void
pollable_init (GPollableInputStreamInterface * iface)
{
  iface->is_readable = gst_ice_body_stream_is_readable;
  iface->create_source = gst_ice_body_stream_create_source;
  iface->read_nonblocking = gst_ice_body_stream_read_nonblocking;
}

static void
gst_ice_body_stream_init (GstIceBodyStream * self)
{
}

/* @bytes: (transfer full) */
static GstIceBodyStream *
create_stream (GPtrArray * bytes, GstIceHttpProgressFunc func,
    gpointer user_data)
{
  GstIceBodyStream *self = g_object_new (GST_ICE_TYPE_BODY_STREAM, NULL);

  self->bytes = bytes;
  self->progress = func;
  self->progress_data = user_data;
  /* Over empty GBytes at the beginning. */
  advance (self, 0);

  return self;
}

GstIceBodyStream *
gst_ice_body_stream_new (GPtrArray * bytes, GstIceHttpProgressFunc func,
    gpointer user_data)
{
  return create_stream (g_ptr_array_ref (bytes), func, user_data);
}

GstIceBodyStream *
gst_ice_body_stream_new_from_reader (GstIceBlockReader * reader,
    GstIceHttpProgressFunc func, gpointer user_data)
{
  GstIceBodyStream *self =
      create_stream (g_ptr_array_new_with_free_func ((GDestroyNotify)
          g_bytes_unref), func, user_data);

  self->reader = gst_ice_block_reader_ref (reader);
  return self;
}

gboolean
gst_ice_body_stream_set_direct (GstIceBodyStream * self,
    GstIceConnection * connection)
{
  g_autoptr (GIOStream) stream = gst_ice_connection_dup_stream (connection);
  GOutputStream *output;

  if (!stream || !self->bytes)
    return FALSE;
  output = g_io_stream_get_output_stream (stream);
  if (!G_IS_POLLABLE_OUTPUT_STREAM (output)
      || !g_pollable_output_stream_can_poll (
          G_POLLABLE_OUTPUT_STREAM (output)))
    return FALSE;

  self->connection = gst_ice_connection_ref (connection);
  self->output = G_POLLABLE_OUTPUT_STREAM (g_object_ref (output));
  self->thread = g_thread_self ();
  self->is_tls = G_IS_TLS_CONNECTION (stream);
  return TRUE;
}

void
gst_ice_body_stream_detach (GstIceBodyStream * self)
{
  g_clear_pointer (&self->bytes, g_ptr_array_unref);
  g_clear_pointer (&self->reader, gst_ice_block_reader_unref);
  g_clear_pointer (&self->connection, gst_ice_connection_unref);
  g_clear_object (&self->output);
  self->progress = NULL;
}

gboolean
gst_ice_body_stream_ended_early (GstIceBodyStream * self)
{
  return self->ended_early;
}

gboolean
gst_ice_body_stream_is_waiting (GstIceBodyStream * self)
{
  return self->bytes && is_drained (self) && !is_at_end (self)
      && !gst_ice_block_reader_has_block (self->reader);
}
