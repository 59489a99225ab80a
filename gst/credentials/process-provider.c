/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Starts the program, reads what it prints until it ends.
 *
 *     starts ──▶ prints, for as long as it runs ──▶ has ended ──▶ answered
 *
 * Runs on: the network thread; only the start itself is blocking.
 * Owns: while it runs, the program: it is killed when the task ends before it.
 *
 * What counts is its own end, not that of its output, which a child of it may
 * hold open for ever. What it had printed by then is in the pipe.
 *
 * What it prints is bounded in size, how long it takes in time. What it says
 * on its error output may be anything and is dropped. The command line may
 * have a secret in it and is not shown. */

#include "credentials/providers.h"

#include <string.h>

#include <openssl/crypto.h>

#include "common/error.h"
#include "common/json.h"
#include "common/secret.h"
#include "credentials/session-answer.h"
#include "credentials/session-provider.h"
#include "credentials/time-limit.h"

#define TIMEOUT_US (60 * (gint64) G_USEC_PER_SEC)
#define OUTPUT_LIMIT (64 * 1024)

typedef struct
{
  GstIceClock *clock;           /* (owned) */
  GstIceSecret *command;        /* (owned) (nullable) */
} Source;

/* One run of the program; belongs to its task. */
typedef struct
{
  GSubprocess *process;         /* (owned) (nullable) */
  GstIceTimeLimit *limit;       /* (owned) */
  GSource *readable;            /* (owned) (nullable): its output */
  gsize size;
  gchar output[OUTPUT_LIMIT + 1];
} Run;

static const GstIceSessionForm process_form = {
  "access_key_id", "access_key_secret", "sts_token", "expiration", FALSE
};

static void
stop_reading (Run * run)
{
  if (run->readable != NULL)
    g_source_destroy (run->readable);
  g_clear_pointer (&run->readable, g_source_unref);
}

static void
run_free (Run * run)
{
  if (run->process != NULL)
    g_subprocess_force_exit (run->process);
  g_clear_object (&run->process);
  stop_reading (run);
  g_clear_pointer (&run->limit, gst_ice_time_limit_free);
  OPENSSL_cleanse (run->output, run->size);
  g_free (run);
}

static void
return_error (GTask * task, const gchar * text)
{
  g_task_return_error (task, gst_ice_error_new (GST_ICE_ERROR_NOT_AUTHORIZED,
          "process_command: %s", text));
}

/* An operation on the program failed, or was ended. @error: (transfer full) */
static void
return_failure (GTask * task, GError * error)
{
  Run *run = g_task_get_task_data (task);

  if (gst_ice_time_limit_is_over (run->limit))
    return_error (task, "the program takes too long");
  else if (!g_task_return_error_if_cancelled (task))
    return_error (task, error->message);
  g_error_free (error);
}

static gboolean
lacks_token (JsonObject * object)
{
  return g_strcmp0 (gst_ice_json_get_string (object, "mode"), "StsToken") == 0
      && gst_ice_json_get_string (object, "sts_token") == NULL;
}

static GstIceIdentity *
decode (Source * self, const Run * run, GError ** error)
{
  GstIceSessionTime time = {
    gst_ice_clock_get_service_time (self->clock, ""),
    gst_ice_clock_get_monotonic (self->clock)
  };
  GstIceIdentity *identity = NULL;
  JsonNode *json = gst_ice_json_parse_object (run->output, run->size, error);
  JsonObject *object;

  if (json == NULL) {
    g_prefix_error_literal (error, "what the program printed is ");
    return NULL;
  }

  object = json_node_get_object (json);
  if (lacks_token (object))
    gst_ice_set_error (error, GST_ICE_ERROR_PROTOCOL,
        "sts_token is not in the answer");
  else
    identity = gst_ice_session_decode (object, &process_form, &time, error);
  gst_ice_json_free_secret (json);

  return identity;
}

/* What is there by now. One byte more than is allowed is read, to know. TRUE if
 * there may be more later. */
static gboolean
read_output (Run * run)
{
  GPollableInputStream *output =
      G_POLLABLE_INPUT_STREAM (g_subprocess_get_stdout_pipe (run->process));
  gssize n = 1;
  g_autoptr (GError) error = NULL;

  while (n > 0 && run->size < sizeof (run->output)) {
    n = g_pollable_input_stream_read_nonblocking (output,
        run->output + run->size, sizeof (run->output) - run->size, NULL,
        &error);
    run->size += MAX (n, 0);
  }
  if (run->size > OUTPUT_LIMIT)
    g_subprocess_force_exit (run->process);

  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* A full pipe would hold the program up. */
static gboolean
on_readable (GObject * output, gpointer user_data)
{
  return read_output (user_data) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
on_end (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Source *self = gst_ice_session_provider_get_source (task);
  Run *run = g_task_get_task_data (task);
  GError *error = NULL;
  GstIceIdentity *identity;
  gboolean ok = g_subprocess_wait_check_finish (run->process, result, &error);

  stop_reading (run);
  read_output (run);
  if (run->size > OUTPUT_LIMIT) {
    g_clear_error (&error);
    return_error (task, "the program prints too much");
    return;
  }
  if (!ok) {
    return_failure (task, error);
    return;
  }

  identity = decode (self, run, &error);
  if (identity != NULL) {
    gst_ice_session_provider_return (task, identity);
    return;
  }

  return_error (task, error->message);
  g_error_free (error);
}

/* @command with the number signs quoted that GLib would take for the beginning
 * of a comment; to the official tools they are characters like any other. Wipe
 * it. (transfer full) */
static gchar *
quote_number_signs (const gchar * command)
{
  gchar *quoted = g_malloc (2 * strlen (command) + 1);
  gchar *to = quoted;
  gchar quote = '\0';

  for (; *command != '\0'; command++) {
    if (*command == '\\' && quote != '\'' && command[1] != '\0')
      *to++ = *command++;
    else if (*command == '#' && quote == '\0')
      *to++ = '\\';
    else if (quote == '\0' ? strchr ("\"'", *command) != NULL
        : *command == quote) quote = quote == '\0' ? *command : '\0';
    *to++ = *command;
  }
  *to = '\0';

  return quoted;
}

static GSubprocess *
start (const gchar * command, GError ** error)
{
  gchar *quoted = quote_number_signs (command);
  g_auto (GStrv) words = NULL;
  gboolean ok = g_shell_parse_argv (quoted, NULL, &words, NULL);

  gst_ice_secret_free_string (quoted);
  /* GLib's own message would quote the command. */
  if (!ok) {
    g_set_error_literal (error, G_SHELL_ERROR, G_SHELL_ERROR_FAILED,
        "it cannot be split into words");
    return NULL;
  }

  return g_subprocess_newv ((const gchar * const *) words,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      error);
}

static void
watch (GTask * task, Run * run)
{
  run->readable = g_pollable_input_stream_create_source
      (G_POLLABLE_INPUT_STREAM (g_subprocess_get_stdout_pipe (run->process)),
      NULL);
  g_source_set_callback (run->readable, G_SOURCE_FUNC (on_readable), run,
      NULL);
  g_source_attach (run->readable, g_main_context_get_thread_default ());
  g_subprocess_wait_check_async (run->process,
      gst_ice_time_limit_get_cancellable (run->limit), on_end,
      g_object_ref (task));
}

static void
fetch (gpointer source, GTask * fetch_task)
{
  Source *self = source;
  g_autoptr (GTask) task = fetch_task;
  g_autoptr (GError) error = NULL;
  Run *run;

  if (self->command == NULL) {
    return_error (task, "it is not set");
    return;
  }

  run = g_new0 (Run, 1);
  run->limit =
      gst_ice_time_limit_new (g_task_get_cancellable (task), TIMEOUT_US);
  g_task_set_task_data (task, run, (GDestroyNotify) run_free);
  run->process = start (gst_ice_secret_peek (self->command), &error);
  if (run->process == NULL)
    return_error (task, error->message);
  else
    watch (task, run);
}

static void
source_free (Source * self)
{
  g_clear_pointer (&self->clock, gst_ice_clock_unref);
  g_clear_pointer (&self->command, gst_ice_secret_unref);
  g_free (self);
}

static const GstIceSessionSource kind = {
  "external program", fetch, (GDestroyNotify) source_free
};

GstIceCredentialsProvider *
gst_ice_process_provider_new (GstIceProviderContext * context,
    GstIceSecret * command)
{
  Source *self = g_new0 (Source, 1);
  GstIceClock *clock = gst_ice_provider_context_get_clock (context);

  self->clock = gst_ice_clock_ref (clock);
  if (command != NULL)
    self->command = gst_ice_secret_ref (command);

  return gst_ice_session_provider_new (clock, &kind, self);
}
