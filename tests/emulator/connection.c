/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A connection: its requests, one after another, and what befalls them.
 *
 * Runs on: the connection's thread, blocking.
 *
 * A request goes through the steps of run_exchange(), and a fault strikes at
 * one of them. As the service does, the head decides whether a request is
 * allowed, the moment it arrives; a refusal is sent after the body was read,
 * unless --early-errors says otherwise. */

#include "connection.h"

#include "answer-sender.h"

/* With a rate, a body is read in pieces that take this part of a second. */
#define RATE_PIECES 20
#define RATE_PIECE_MIN 512

typedef struct
{
  EmuServices *services;        /* (unowned) */
  EmuWire *wire;                /* (unowned) */
  EmuRequest *request;
  EmuCall *call;
  EmuFault *fault;              /* (nullable) */
  EmuFaultKind kind;
  EmuAnswer *refusal;           /* (nullable) */
  IceEmulatorRecord *record;    /* (nullable): until it is handed over */
  gint64 body_begin_us;
  guint64 written_before;       /* on the wire, when it began */
} Exchange;

static Exchange *
exchange_new (EmuServices * services, EmuWire * wire, EmuRequest * request,
    guint connection)
{
  Exchange *x = g_new0 (Exchange, 1);
  EmuCall *call = emu_call_new (services, request);

  x->services = services;
  x->wire = wire;
  x->request = request;
  x->call = call;
  x->fault = emu_fault_script_strike (services->faults, FALSE,
      call->operation, call->part_number, call->now_us);
  x->kind = emu_fault_get_kind (x->fault);
  call->fault = x->fault;
  x->written_before = emu_wire_get_written (wire);

  x->record = emu_record_new ();
  x->record->serial = emu_records_next_serial (services->records);
  x->record->operation = call->operation;
  x->record->begin_us = request->begin_us;
  x->record->connection = connection;
  x->record->part_number = call->part_number;
  x->record->fault = g_strdup (x->fault ? x->fault->name : NULL);
  x->record->user_agent = g_strdup (emu_call_get_header (call, "user-agent"));
  return x;
}

/* Before the client can notice the end of the request, so that a test finds
 * its record as soon as it goes on. */
static void
add_record (Exchange * x)
{
  EmuReader *reader = emu_wire_get_reader (x->wire);

  if (!x->record)
    return;
  x->record->end_us = g_get_monotonic_time ();
  x->record->body_bytes = emu_reader_get_body_bytes (reader);
  x->record->answer_bytes = emu_wire_get_written (x->wire)
      - x->written_before;
  x->record->upload_id = g_strdup (x->call->new_upload_id
      ? x->call->new_upload_id : x->call->upload_id);
  x->record->generation = x->call->lease ? x->call->lease->generation : 0;
  emu_records_add (x->services->records, g_steal_pointer (&x->record),
      emu_clock_now (&x->services->clock));
}

static void
exchange_free (Exchange * x)
{
  add_record (x);
  g_clear_pointer (&x->refusal, emu_answer_free);
  g_clear_pointer (&x->fault, emu_fault_free);
  emu_call_free (x->call);
  emu_request_free (x->request);
  g_free (x);
}

static gboolean
send_answer (Exchange * x, EmuAnswer * answer)
{
  gboolean is_head = g_str_equal (x->request->method, "HEAD");

  answer->close |= !x->request->keep_alive;
  emu_answer_change (answer, x->fault);
  if (emu_answer_has_status (x->fault)) {
    x->record->status = answer->status;
    x->record->code = g_strdup (answer->code);
  }
  if (!emu_answer_takes_long (x->fault))
    add_record (x);
  return emu_answer_send (answer, x->wire, x->fault, is_head);
}

static gboolean
reset (Exchange * x)
{
  add_record (x);
  emu_wire_reset (x->wire);
  return FALSE;
}

static gboolean
close_gently (Exchange * x)
{
  add_record (x);
  emu_wire_close_gently (x->wire);
  return FALSE;
}

/* In place of what was asked for. */
static gboolean
fault_refuses (EmuFaultKind kind)
{
  return kind >= EMU_FAULT_ERROR && kind <= EMU_FAULT_WEB_PAGE;
}

static gboolean
strike_after_head (Exchange * x)
{
  if (x->kind == EMU_FAULT_RESET_BEFORE)
    return reset (x);
  if (x->kind == EMU_FAULT_DELAY)
    return emu_wire_wait (x->wire,
        x->fault->seconds < 0 ? 1 : x->fault->seconds);
  return TRUE;
}

/* The answer comes while the body is still being sent, and the rest of it is
 * never read: the kernel sends RST after the answer. */
static gboolean
answer_early (Exchange * x)
{
  g_autoptr (EmuAnswer) answer = emu_call_refuse (x->call);

  answer->close = TRUE;
  send_answer (x, answer);
  emu_wire_close (x->wire);
  return FALSE;
}

/* As a polite server does that will not have the body. */
static gboolean
refuse_early (Exchange * x)
{
  x->refusal->close = TRUE;
  send_answer (x, x->refusal);
  return close_gently (x);
}

static gboolean
strikes_within_body (EmuFaultKind kind)
{
  return kind >= EMU_FAULT_RESET_MID_BODY && kind <= EMU_FAULT_EARLY_ANSWER;
}

static gboolean
strike_within_body (Exchange * x)
{
  switch (x->kind) {
    case EMU_FAULT_RESET_MID_BODY:
      return reset (x);
    case EMU_FAULT_CLOSE_MID_BODY:
      return close_gently (x);
    case EMU_FAULT_EARLY_ANSWER:
      return answer_early (x);
    default:
      return emu_wire_wait (x->wire, x->fault->seconds);
  }
}

/* After how many bytes of the body the fault strikes. */
static guint64
get_strike_offset (Exchange * x)
{
  gint64 length = MAX (x->request->content_length, 0);

  if (x->fault->after < 0)
    return length / 2;
  return x->request->chunked ? x->fault->after : MIN (x->fault->after, length);
}

/* The rest of a second's share is slept away. */
static gboolean
keep_rate (Exchange * x, guint64 received)
{
  gint64 rate = x->services->options->rate;
  gint64 elapsed_us, due_us;

  if (rate == 0)
    return TRUE;
  elapsed_us = g_get_monotonic_time () - x->body_begin_us;
  due_us = received * (gdouble) G_USEC_PER_SEC / rate;
  if (due_us <= elapsed_us)
    return TRUE;
  return emu_wire_wait (x->wire, (due_us - elapsed_us) / 1e6);
}

static gsize
get_piece_size (Exchange * x)
{
  gint64 rate = x->services->options->rate;

  return rate == 0 ? G_MAXSIZE : MAX (rate / RATE_PIECES, RATE_PIECE_MIN);
}

/* Reads up to @end bytes of the body, or to its end. A refused call does not
 * take them. */
static gboolean
receive_until (Exchange * x, guint64 end, gboolean * ended)
{
  EmuReader *reader = emu_wire_get_reader (x->wire);
  guint64 received = emu_reader_get_body_bytes (reader);
  const guint8 *data;
  gsize len;

  *ended = FALSE;
  while (received < end) {
    gsize max = MIN (end - received, get_piece_size (x));

    if (!emu_reader_read_body (reader, max, &data, &len, NULL))
      return FALSE;
    *ended = len == 0;
    if (*ended)
      return TRUE;
    received += len;
    g_atomic_pointer_add (&x->services->body_bytes, len);
    if (!x->refusal)
      x->refusal = emu_call_take_body (x->call, data, len);
    if (!keep_rate (x, received))
      return FALSE;
  }
  return TRUE;
}

static gboolean
receive_body (Exchange * x)
{
  static const gchar go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
  gboolean ended;

  if (x->request->expects_continue
      && !emu_wire_write (x->wire, go_on, sizeof go_on - 1))
    return FALSE;
  x->body_begin_us = g_get_monotonic_time ();
  if (strikes_within_body (x->kind)) {
    if (!receive_until (x, get_strike_offset (x), &ended)
        || !strike_within_body (x))
      return FALSE;
  }
  if (!receive_until (x, G_MAXUINT64, &ended))
    return FALSE;
  if (!x->refusal)
    x->refusal = emu_call_end_body (x->call);
  return TRUE;
}

static gboolean
strike_before_answer (Exchange * x)
{
  switch (x->kind) {
    case EMU_FAULT_RESET_AFTER_PROCESSING:
      return reset (x);
    case EMU_FAULT_CLOSE_AFTER_PROCESSING:
      return close_gently (x);
    case EMU_FAULT_STALL_BEFORE_ANSWER:
      return emu_wire_wait (x->wire, x->fault->seconds);
    case EMU_FAULT_DELAY_ANSWER:
      return emu_wire_wait (x->wire,
          x->fault->seconds < 0 ? 1 : x->fault->seconds);
    default:
      return TRUE;
  }
}

/* A fault's refusal goes before the request's own; who signed the request is
 * found out all the same, for its record. */
static void
authorize (Exchange * x)
{
  x->refusal = emu_call_authorize (x->call);
  if (!fault_refuses (x->kind))
    return;
  g_clear_pointer (&x->refusal, emu_answer_free);
  x->refusal = emu_call_refuse (x->call);
}

static EmuAnswer *
make_answer (Exchange * x)
{
  g_autoptr (EmuAnswer) answer = NULL;

  if (x->refusal)
    return g_steal_pointer (&x->refusal);
  answer = emu_call_carry_out (x->call);
  if (x->kind == EMU_FAULT_ERROR_AFTER_PROCESSING
      || x->kind == EMU_FAULT_WEB_PAGE_AFTER_PROCESSING)
    return emu_call_refuse (x->call);
  return g_steal_pointer (&answer);
}

/* FALSE: the connection is over. */
static gboolean
run_exchange (Exchange * x)
{
  const EmuOptions *options = x->services->options;
  g_autoptr (EmuAnswer) answer = NULL;

  if (!strike_after_head (x))
    return FALSE;
  authorize (x);
  if (x->refusal && options->early_errors && emu_request_has_body (x->request))
    return refuse_early (x);
  if (!receive_body (x))
    return FALSE;
  answer = make_answer (x);
  if (!strike_before_answer (x)
      || !emu_wire_wait (x->wire, options->latency + options->answer_delay))
    return FALSE;
  return send_answer (x, answer);
}

/* What is not HTTP is recorded and answered before the connection ends. */
static void
refuse_head (EmuServices * services, EmuWire * wire, guint connection)
{
  IceEmulatorRecord *record = emu_record_new ();
  g_autoptr (EmuAnswer) answer = emu_answer_new (400);

  record->serial = emu_records_next_serial (services->records);
  record->operation = ICE_EMULATOR_OTHER;
  record->connection = connection;
  record->begin_us = record->end_us = g_get_monotonic_time ();
  record->status = 400;
  record->code = g_strdup ("BadRequest");
  emu_records_add (services->records, record, emu_clock_now (&services->clock));

  answer->close = TRUE;
  emu_answer_send (answer, wire, NULL, FALSE);
  emu_wire_close_gently (wire);
}

static gboolean
serve_request (EmuServices * services, EmuWire * wire, guint serial)
{
  g_autoptr (GError) error = NULL;
  EmuReader *reader = emu_wire_get_reader (wire);
  EmuRequest *request = emu_reader_read_head (reader, &error);
  Exchange *x;
  gboolean goes_on;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    refuse_head (services, wire, serial);
  if (!request)
    return FALSE;
  x = exchange_new (services, wire, request, serial);
  goes_on = run_exchange (x);
  exchange_free (x);
  return goes_on;
}

/* FALSE: the connection is over. */
static gboolean
strike_on_accept (EmuServices * services, EmuWire * wire)
{
  g_autoptr (EmuFault) fault = NULL;

  fault = emu_fault_script_strike (services->faults, TRUE, ICE_EMULATOR_ANY, 0,
      emu_clock_now (&services->clock));
  if (emu_fault_get_kind (fault) == EMU_FAULT_CLOSE_ON_ACCEPT)
    return FALSE;
  if (emu_fault_get_kind (fault) == EMU_FAULT_STALL_ON_ACCEPT)
    return emu_wire_wait (wire, fault->seconds);
  return TRUE;
}

void
emu_connection_run (EmuServices * services, EmuWire * wire, guint serial)
{
  if (strike_on_accept (services, wire)
      && emu_wire_wait (wire, services->options->latency)
      && emu_wire_open (wire)) {
    while (serve_request (services, wire, serial));
  }
  emu_wire_close (wire);
}
