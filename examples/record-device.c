/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* record-device: records into an ICE media asset without an AccessKey.
 *
 * The lesson: the AccessKey stays on a server of your own, here
 * upload-credential-server.py. Whenever icesink wants an upload credential, at
 * the start and before one expires, it emits `request-upload-credential`. The
 * handler promises one by returning TRUE, and it may come whenever it comes:
 * `provide-upload-credential` gives it, from any thread. Meanwhile recording
 * goes on.
 *
 *   record-device --server=URL --token-file=FILE --media-id=ID \
 *       [DESCRIPTION OF A PIPELINE]
 *
 * The description is as for gst-launch-1.0, without a sink at its end; the
 * default is a test picture. The file has the token of this device, which the
 * server knows; it should be readable for its owner only.
 *
 * Exit status: 0 the object is complete, 1 an error, 2 the command line is
 * wrong, 3 interrupted twice.
 *
 * Everything runs on the main thread but for the handler of the signal, which
 * icesink calls on a thread of its own, and which only passes the request on.
 */

#include <stdlib.h>
#include <glib-unix.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 3

/* How long to wait before the server is asked again, in seconds. */
#define FIRST_DELAY 1
#define LONGEST_DELAY 30

/* Of one request to the server, in seconds. */
#define TIMEOUT 30

#define DEFAULT_PIPELINE "videotestsrc is-live=true ! x264enc" \
  " tune=zerolatency key-int-max=60 ! video/x-h264,profile=baseline" \
  " ! h264parse ! mpegtsmux"

typedef struct
{
  gchar *server;
  gchar *token_file;
  gchar *media_id;
  gchar *ca_file;
  gchar **pipeline;
} Options;

/**
 * Device:
 * @url: what the server is asked for
 * @token: of this device
 * @asking: a request is on its way, or waits for @retry
 * @delay: before the next request, should this one fail
 */
typedef struct
{
  GstElement *pipeline;         /* (owned) */
  GstElement *sink;             /* (unowned) in the pipeline */
  GMainLoop *loop;              /* (owned) */
  SoupSession *session;         /* (owned) */
  GCancellable *cancellable;    /* (owned) */
  gchar *url;
  gchar *token;
  gboolean asking;
  guint delay;
  guint retry;                  /* source id, or 0 */
  gboolean stopping;            /* EOS has been sent */
  gint status;                  /* exit status */
} Device;

static void
options_clear (Options * options)
{
  g_free (options->server);
  g_free (options->token_file);
  g_free (options->media_id);
  g_free (options->ca_file);
  g_strfreev (options->pipeline);
}

static void
device_clear (Device * self)
{
  gst_clear_object (&self->pipeline);
  g_clear_object (&self->session);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_free (self->url);
  g_free (self->token);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Device, device_clear)

/* ---- the server ---- */

static void
ask (Device * self);

static gboolean
on_retry (gpointer user_data)
{
  Device *self = user_data;

  self->retry = 0;
  ask (self);

  return G_SOURCE_REMOVE;
}

/* icesink waits, and gives up by itself after retry-timeout. */
static void
ask_later (Device * self, const gchar * reason)
{
  g_print ("No upload credential: %s; the server is asked again in %u s\n",
      reason, self->delay);
  self->retry = g_timeout_add_seconds (self->delay, on_retry, self);
  self->delay = MIN (2 * self->delay, LONGEST_DELAY);
}

static void
give_up (Device * self, const gchar * reason)
{
  g_printerr ("record-device: the server refuses: %s\n", reason);
  self->status = EXIT_FAILURE;
  g_main_loop_quit (self->loop);
}

/* FALSE if @answer has no credential that icesink can use. */
static gboolean
provide (Device * self, JsonObject * answer)
{
  const gchar *address = json_object_get_string_member_with_default (answer,
      "UploadAddress", NULL);
  const gchar *auth = json_object_get_string_member_with_default (answer,
      "UploadAuth", NULL);
  gboolean taken = FALSE;

  g_signal_emit_by_name (self->sink, "provide-upload-credential", address,
      auth, &taken);
  if (!taken)
    return FALSE;

  self->asking = FALSE;
  g_print ("Upload credential received\n");

  return TRUE;
}

static void
handle_answer (Device * self, guint status, GBytes * body)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize size;
  const gchar *data = g_bytes_get_data (body, &size);
  JsonObject *answer = NULL;
  const gchar *reason = soup_status_get_phrase (status);

  if (json_parser_load_from_data (parser, data, size, NULL)
      && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    answer = json_node_get_object (json_parser_get_root (parser));
  if (status == SOUP_STATUS_OK && answer != NULL && provide (self, answer))
    return;

  if (answer != NULL)
    reason = json_object_get_string_member_with_default (answer, "Reason",
        reason);
  if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    give_up (self, reason);
  else
    ask_later (self, reason);
}

static void
on_answer (GObject * session, GAsyncResult * result, gpointer user_data)
{
  Device *self = user_data;
  SoupMessage *message =
      soup_session_get_async_result_message (SOUP_SESSION (session), result);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read_finish (SOUP_SESSION (session), result,
      &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (body == NULL)
    ask_later (self, error->message);
  else
    handle_answer (self, soup_message_get_status (message), body);
}

static void
ask (Device * self)
{
  g_autoptr (SoupMessage) message =
      soup_message_new (SOUP_METHOD_POST, self->url);
  g_autofree gchar *authorization =
      g_strconcat ("Bearer ", self->token, NULL);

  /* The token is for this server only. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_append (soup_message_get_request_headers (message),
      "Authorization", authorization);
  soup_session_send_and_read_async (self->session, message,
      G_PRIORITY_DEFAULT, self->cancellable, on_answer, self);
}

static gboolean
start_asking (gpointer user_data)
{
  Device *self = user_data;

  /* One answer serves all requests so far. */
  if (self->asking)
    return G_SOURCE_REMOVE;

  self->asking = TRUE;
  self->delay = FIRST_DELAY;
  ask (self);

  return G_SOURCE_REMOVE;
}

/* On a thread of icesink's. */
static gboolean
on_request (GstElement * sink, const gchar * media_id, const gchar * reason,
    gpointer user_data)
{
  g_print ("An upload credential is wanted: %s\n", reason);
  g_idle_add (start_asking, user_data);

  return TRUE;
}

/* ---- the recording ---- */

static void
stop (Device * self)
{
  self->stopping = TRUE;
  g_print ("Stopping: the rest is uploaded\n");
  gst_element_send_event (self->pipeline, gst_event_new_eos ());
}

static gboolean
on_interrupt (gpointer user_data)
{
  Device *self = user_data;

  if (!self->stopping) {
    stop (self);
    return G_SOURCE_CONTINUE;
  }

  self->status = EXIT_INTERRUPTED;
  g_main_loop_quit (self->loop);

  return G_SOURCE_CONTINUE;
}

static void
handle_error (Device * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  g_printerr ("record-device: %s: %s\n  %s\n", GST_MESSAGE_SRC_NAME (message),
      error->message, debug != NULL ? debug : "");
  self->status = EXIT_FAILURE;
  g_main_loop_quit (self->loop);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer user_data)
{
  Device *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    handle_error (self, message);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    /* It comes only when the object is complete. */
    g_print ("Object complete\n");
    g_main_loop_quit (self->loop);
  } else if (gst_message_has_name (message, "ice-upload-started")) {
    g_print ("Uploading\n");
  }

  return G_SOURCE_CONTINUE;
}

static void
run (Device * self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, self);
  guint terminate = g_unix_signal_add (SIGTERM, on_interrupt, self);

  gst_bus_add_watch (bus, on_message, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (self->loop);
  g_cancellable_cancel (self->cancellable);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);

  gst_bus_remove_watch (bus);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_source_remove (interrupt);
  g_source_remove (terminate);
  while (g_main_context_iteration (NULL, FALSE));
}

/* ---- setting up ---- */

static gboolean
build_pipeline (Device * self, const Options * options, GError ** error)
{
  g_autofree gchar *description = options->pipeline != NULL ?
      g_strjoinv (" ", options->pipeline) : g_strdup (DEFAULT_PIPELINE);
  GstElement *source = gst_parse_bin_from_description_full (description,
      TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (source == NULL)
    return FALSE;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new ("record-device"));
  gst_bin_add (GST_BIN (self->pipeline), source);
  self->sink = gst_element_factory_make ("icesink", NULL);
  if (self->sink == NULL) {
    g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "There is no element icesink: GST_PLUGIN_PATH has to name the"
        " directory of libgsticesink.so, unless it is installed");
    return FALSE;
  }

  /* Whoever interrupts twice wants to be out at once. */
  g_object_set (self->sink, "media-id", options->media_id, NULL);
  gst_util_set_object_arg (G_OBJECT (self->sink), "on-stop", "keep");
  g_signal_connect (self->sink, "request-upload-credential",
      G_CALLBACK (on_request), self);
  gst_bin_add (GST_BIN (self->pipeline), self->sink);
  if (gst_element_link (source, self->sink))
    return TRUE;

  g_set_error_literal (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "The pipeline has no open end that icesink could be linked to");

  return FALSE;
}

static gboolean
build_session (Device * self, const Options * options, GError ** error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autofree gchar *media_id =
      g_uri_escape_string (options->media_id, NULL, FALSE);

  if (!g_file_get_contents (options->token_file, &self->token, NULL, error))
    return FALSE;

  g_strstrip (self->token);
  self->url = g_strdup_printf ("%s/upload-credential?MediaId=%s",
      options->server, media_id);
  self->session = soup_session_new_with_options ("timeout", TIMEOUT,
      "user-agent", "record-device", NULL);
  self->cancellable = g_cancellable_new ();
  if (options->ca_file == NULL)
    return TRUE;

  database = g_tls_file_database_new (options->ca_file, error);
  if (database == NULL)
    return FALSE;
  soup_session_set_tls_database (self->session, database);

  return TRUE;
}

/* The token must not travel in the clear. */
static gboolean
is_safe (const gchar * server)
{
  g_autoptr (GUri) uri = g_uri_parse (server, G_URI_FLAGS_NONE, NULL);
  const gchar *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (host == NULL)
    return FALSE;
  if (g_str_equal (g_uri_get_scheme (uri), "https"))
    return TRUE;

  return g_str_equal (g_uri_get_scheme (uri), "http")
      && (g_str_equal (host, "127.0.0.1") || g_str_equal (host, "::1")
      || g_str_equal (host, "localhost"));
}

static gboolean
check_options (const Options * options, GError ** error)
{
  const gchar *problem = NULL;

  if (options->server == NULL || options->token_file == NULL
      || options->media_id == NULL)
    problem = "--server, --token-file and --media-id are required";
  else if (!is_safe (options->server))
    problem = "--server is not an https:// URL";

  if (problem != NULL)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        problem);

  return problem == NULL;
}

static gboolean
parse_options (Options * options, int *argc, char ***argv, GError ** error)
{
  const GOptionEntry entries[] = {
    {"server", 's', 0, G_OPTION_ARG_STRING, &options->server,
        "Where upload-credential-server.py listens (required)", "URL"},
    {"token-file", 0, 0, G_OPTION_ARG_FILENAME, &options->token_file,
        "File with the token of this device (required)", "FILE"},
    {"media-id", 'm', 0, G_OPTION_ARG_STRING, &options->media_id,
        "Media asset to upload to (required)", "ID"},
    {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
        "PEM file of the CA of the server (the system's)", "FILE"},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->pipeline,
        NULL, "[DESCRIPTION OF A PIPELINE]"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Records into a media asset of Alibaba Cloud ICE without an AccessKey.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());

  return g_option_context_parse (context, argc, argv, error)
      && check_options (options, error);
}

static gint
record (const Options * options)
{
  g_auto (Device) self = { 0 };
  g_autoptr (GError) error = NULL;

  self.loop = g_main_loop_new (NULL, FALSE);
  if (!build_session (&self, options, &error)
      || !build_pipeline (&self, options, &error)) {
    g_printerr ("record-device: %s\n", error->message);
    return EXIT_FAILURE;
  }
  run (&self);

  return self.status;
}

static gint
parse_and_record (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("record-device: %s; --help tells more\n", error->message);
    return EXIT_USAGE;
  }

  return record (&options);
}

int
main (int argc, char **argv)
{
  gint status = parse_and_record (argc, argv);

  gst_deinit ();

  return status;
}
