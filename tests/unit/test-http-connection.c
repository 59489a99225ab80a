/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Whom the HTTP client talks to, and through whom. */

#include "http-fixture.h"

#include "../patience.h"

#include <string.h>

#include <glib/gstdio.h>
#include <sys/socket.h>

/* TLS */

static Outcome *
send_over_tls (const Settings * settings)
{
  Fixture fixture;
  Outcome *outcome;

  fixture_start (&fixture, answer_all, NULL, settings);
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  fixture_stop (&fixture);
  return outcome;
}

static void
test_certificates (void)
{
  static const struct
  {
    Settings settings;
    const gchar *hint;
  } cases[] = {
    {{.tls = TRUE}, NULL},
    {{.tls = TRUE,.is_ca_unknown = TRUE}, "ssl-ca-file"},
    {{.tls = TRUE,.from_seconds = -2000,.to_seconds = -1000}, "clock"},
    {{.tls = TRUE,.from_seconds = 1000,.to_seconds = 2000}, "clock"},
    {{.tls = TRUE,.names = "IP:127.0.0.2"}, "another host"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Outcome) outcome = send_over_tls (&cases[i].settings);

    if (!cases[i].hint) {
      assert_status (outcome, 200);
      continue;
    }
    g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_TLS);
    g_assert_nonnull (strstr (outcome->error->message, cases[i].hint));
  }
}

static void
speak_no_tls (Peer * peer, gpointer user_data)
{
  peer_write (peer, "220 mail.example.com ESMTP\r\n");
  peer_wait_for_close (peer);
}

static void
test_no_tls (void)
{
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, speak_no_tls, NULL, &(Settings) {
      0});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "127.0.0.1",
      server_get_port (fixture.server));
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_TLS);
  fixture_stop (&fixture);
}

/* Addresses */

/* A resolver that knows one address for every name. */
typedef struct
{
  GResolver parent;
  const gchar *address;
} OneAddressResolver;

typedef GResolverClass OneAddressResolverClass;

static GType one_address_resolver_get_type (void);
G_DEFINE_TYPE (OneAddressResolver, one_address_resolver, G_TYPE_RESOLVER)
     static void free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
look_up (GResolver * resolver, const gchar * name,
    GResolverNameLookupFlags flags, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  OneAddressResolver *self = (OneAddressResolver *) resolver;
  g_autoptr (GTask) task =
      g_task_new (resolver, cancellable, callback, user_data);

  if (flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY)
    g_task_return_new_error (task, G_RESOLVER_ERROR,
        G_RESOLVER_ERROR_NOT_FOUND, "no such address");
  else
    g_task_return_pointer (task, g_list_append (NULL,
            g_inet_address_new_from_string (self->address)), free_addresses);
}

static GList *
look_up_finish (GResolver * resolver, GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
one_address_resolver_class_init (OneAddressResolverClass * klass)
{
  klass->lookup_by_name_with_flags_async = look_up;
  klass->lookup_by_name_with_flags_finish = look_up_finish;
}

static void
one_address_resolver_init (OneAddressResolver * self)
{
}

/* libsoup alone would go on to call the first address for ever. */
static void
test_moved_host (void)
{
  g_autoptr (GResolver) usual = g_resolver_get_default ();
  g_autoptr (GResolver) object =
      g_object_new (one_address_resolver_get_type (), NULL);
  OneAddressResolver *resolver = (OneAddressResolver *) object;
  Fixture fixture;
  g_autoptr (Outcome) before = NULL;
  g_autoptr (Outcome) after = NULL;

  g_resolver_set_default (object);
  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      0});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (FALSE, "moving.test",
      server_get_port (fixture.server));

  resolver->address = "127.0.0.2";
  before = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (before->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  resolver->address = "127.0.0.1";
  after = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  assert_status (after, 200);
  fixture_stop (&fixture);
  g_resolver_set_default (usual);
}

/* Proxies */

typedef struct
{
  Server *target;
  const gchar *refusal;
  const gchar *authorization;   /* what has to come along */
  gint tunnels;
} Proxy;

/* Not by GSocket, which is for one thread at a time. */
static void
shut_down (GSocketConnection * connection)
{
  shutdown (g_socket_get_fd (g_socket_connection_get_socket (connection)),
      SHUT_RDWR);
}

static gpointer
relay_back (gpointer data)
{
  GIOStream **streams = data;

  g_output_stream_splice (g_io_stream_get_output_stream (streams[0]),
      g_io_stream_get_input_stream (streams[1]),
      G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL);
  shut_down (G_SOCKET_CONNECTION (streams[0]));
  return NULL;
}

/* Until either side closes. */
static void
relay (Peer * peer, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) target = NULL;
  GIOStream *streams[2] = { peer->stream, NULL };
  GThread *back;

  g_socket_client_set_enable_proxy (client, FALSE);
  target = g_socket_client_connect_to_host (client, "127.0.0.1", port,
      peer->cancellable, NULL);
  if (!target)
    return;
  streams[1] = G_IO_STREAM (target);
  back = g_thread_new ("relay", relay_back, streams);
  g_output_stream_splice (g_io_stream_get_output_stream (streams[1]),
      peer->input, G_OUTPUT_STREAM_SPLICE_NONE, peer->cancellable, NULL);
  shut_down (target);
  g_thread_join (back);
}

static gboolean
is_authorized (Proxy * proxy, const gchar * head)
{
  g_autofree gchar *value = head_get_header (head, "Proxy-Authorization");

  return !proxy->authorization || g_strcmp0 (value, proxy->authorization) == 0;
}

static void
serve_as_proxy (Peer * peer, gpointer user_data)
{
  Proxy *proxy = user_data;

  while (TRUE) {
    g_autofree gchar *head = peer_read_head (peer);

    if (!head || !g_str_has_prefix (head, "CONNECT service.test:"))
      return;
    if (proxy->refusal) {
      peer_write (peer, proxy->refusal);
      return;
    }
    if (is_authorized (proxy, head))
      break;
    peer_write (peer, "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n"
        "Proxy-Authenticate: Basic realm=\"x\"\r\n\r\n");
  }
  g_atomic_int_inc (&proxy->tunnels);
  peer_write (peer, "HTTP/1.1 200 Connected\r\n\r\n");
  relay (peer, server_get_port (proxy->target));
}

/* To a host that only the proxy knows. */
static Outcome *
send_through_proxy (Proxy * proxy, const gchar * userinfo, Notes * notes)
{
  Fixture fixture;
  g_autoptr (Server) server = server_start (serve_as_proxy, proxy, NULL);
  g_autofree gchar *uri = g_strdup_printf ("http://%s127.0.0.1:%u", userinfo,
      server_get_port (server));
  Outcome *outcome;

  fixture_start (&fixture, answer_all, notes, &(Settings) {
      .tls = TRUE,.names = "DNS:service.test",.proxy = uri});
  proxy->target = fixture.server;
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "service.test",
      server_get_port (fixture.server));
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));
  fixture_stop (&fixture);
  return outcome;
}

static void
test_proxy (void)
{
  Proxy proxy = { 0 };
  Notes notes;
  g_autoptr (Outcome) outcome = NULL;
  g_autoptr (GPtrArray) body = create_body (1 * MIB, 64 * KIB);
  g_autoptr (GBytes) expected = join (body);

  notes_init (&notes);
  outcome = send_through_proxy (&proxy, "", &notes);
  assert_status (outcome, 200);
  g_assert_cmpint (proxy.tunnels, ==, 1);
  g_assert_true (g_bytes_equal (notes_get_body (&notes, 0), expected));
  notes_clear (&notes);
}

static void
test_proxy_authorization (void)
{
  Proxy proxy = {.authorization = "Basic dXNlcjpzZWNyZXQ=" };
  g_autoptr (Outcome) known = send_through_proxy (&proxy, "user:secret@", NULL);
  g_autoptr (Outcome) unknown =
      send_through_proxy (&proxy, "user:s3cret@", NULL);

  assert_status (known, 200);
  g_assert_error (unknown->error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  g_assert_null (strstr (unknown->error->message, "s3cret"));
}

/* Its answer is not the service's. */
static void
test_proxy_refusal (void)
{
  Proxy proxy = {
    .refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"
  };
  g_autoptr (Outcome) outcome = send_through_proxy (&proxy, "", NULL);

  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_nonnull (strstr (outcome->error->message, "403"));
}

static void
on_any_connection (Peer * peer, gpointer user_data)
{
  g_autofree gchar *head = peer_read_head (peer);

  if (head)
    set_flag (user_data);
}

static void
test_proxy_plain (void)
{
  gboolean is_told = FALSE;
  g_autoptr (Server) server = server_start (on_any_connection, &is_told, NULL);
  g_autofree gchar *uri =
      g_strdup_printf ("http://127.0.0.1:%u", server_get_port (server));
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .proxy = uri});
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (FALSE, "service.test", 80);
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  fixture_stop (&fixture);
  g_assert_cmpuint (server_get_connections (server), ==, 1);
  g_assert_false (is_told);
}

/* Nothing listens there; and what is meant for this machine stays on it. */
static void
test_proxy_dead (void)
{
  Fixture fixture;
  g_autoptr (Outcome) local = NULL;
  g_autoptr (Outcome) remote = NULL;

  fixture_start (&fixture, answer_all, NULL, &(Settings) {
      .proxy = "http://user:secret@127.0.0.1:1"});
  local = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  assert_status (local, 200);

  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "service.test", 443);
  remote = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (remote->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  g_assert_null (strstr (remote->error->message, "secret"));
  fixture_stop (&fixture);
}

/* What the system or the environment say of proxies is not meant for what stays
 * on this machine. */
static void
test_proxy_of_environment (void)
{
  static const gchar *const names[] =
      { "http_proxy", "https_proxy", "all_proxy" };
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",.ca_file = ca_file,
    .stall_timeout = 30 * GST_SECOND
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_setenv (names[i], "http://127.0.0.1:1", TRUE);
  for (guint tls = 0; tls < 2; tls++) {
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, answer_all, NULL, &(Settings) {
        .tls = tls});
    gst_ice_http_client_unref (fixture.client);
    fixture.client = gst_ice_http_client_new (config, 3, fixture.clock, NULL);
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    assert_status (outcome, 200);
    fixture_stop (&fixture);
  }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_unsetenv (names[i]);
}

static void
keep_head (Peer * peer, gpointer user_data)
{
  gchar **head = user_data;

  g_free (g_atomic_pointer_exchange (head, peer_read_head (peer)));
}

/* Sends to another host, with the variables of one row. Returns what the proxy
 * was told. (transfer full) (nullable) */
static gchar *
ask_proxy_of_variables (const gchar * name, const gchar * other,
    const gchar * no_proxy)
{
  gchar *head = NULL;
  g_autoptr (Server) proxy = server_start (keep_head, &head, NULL);
  g_autofree gchar *uri =
      g_strdup_printf ("http://127.0.0.1:%u", server_get_port (proxy));
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",
    .stall_timeout = 30 * GST_SECOND
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  Fixture fixture;
  g_autoptr (Outcome) outcome = NULL;

  g_setenv (name, uri, TRUE);
  g_setenv (other, "", TRUE);
  g_setenv ("no_proxy", no_proxy, TRUE);
  fixture_start (&fixture, answer_all, NULL, &(Settings) { 0 });
  gst_ice_http_client_unref (fixture.client);
  fixture.client = gst_ice_http_client_new (config, 3, fixture.clock, NULL);
  gst_ice_endpoint_unref (fixture.endpoint);
  fixture.endpoint = create_endpoint (TRUE, "service.invalid", 443);
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_NETWORK);
  fixture_stop (&fixture);
  g_unsetenv (name);
  g_unsetenv (other);
  g_unsetenv ("no_proxy");

  return g_atomic_pointer_exchange (&head, NULL);
}

/* Where there is no desktop to ask, the variables say it. What GLib thinks of
 * the desktop it remembers, so it is a process of its own. */
static void
test_proxy_without_desktop (void)
{
  static const struct
  {
    const gchar *name;
    const gchar *other;
    const gchar *no_proxy;
    gboolean is_asked;
  } rows[] = {
    {"https_proxy", "all_proxy", "", TRUE},
    {"HTTPS_PROXY", "https_proxy", "", TRUE},
    {"all_proxy", "https_proxy", "other.invalid", TRUE},
    {"ALL_PROXY", "HTTPS_PROXY", "", TRUE},
    {"https_proxy", "all_proxy", "other.invalid,service.invalid", FALSE},
    {"http_proxy", "https_proxy", "", FALSE},
  };

  if (!g_test_subprocess ()) {
    g_setenv ("XDG_RUNTIME_DIR", "/dev/null/none", TRUE);
    g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
    g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_unsetenv ("XDG_RUNTIME_DIR");
    g_unsetenv ("GIO_USE_PROXY_RESOLVER");
    g_test_trap_assert_passed ();
    return;
  }

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *head = ask_proxy_of_variables (rows[i].name,
        rows[i].other, rows[i].no_proxy);

    g_test_message ("%s", rows[i].name);
    g_assert_cmpint (head != NULL, ==, rows[i].is_asked);
    if (head != NULL)
      g_assert_true (g_str_has_prefix (head, "CONNECT service.invalid:443 "));
  }
}

/* A file that is there, and has nothing that could be trusted. */
static void
test_broken_ca_file (void)
{
  g_autofree gchar *path = NULL;
  gint fd = g_file_open_tmp ("icesink-ca-XXXXXX", &path, NULL);
  const GstIceNetworkConfig values = {
    .user_agent = (gchar *) "icesink-test/1",
    .stall_timeout = GST_SECOND
  };
  g_autoptr (GstIceNetworkConfig) config = gst_ice_network_config_new (&values);
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "-----BEGIN CERTIFICATE-----\n"
          "%%%\n-----END CERTIFICATE-----\n", -1, NULL));
  config->ca_file = g_strdup (path);
  g_assert_null (gst_ice_http_client_new (config, 3, clock, &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, "cannot use the CA certificates"));
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_settings (void)
{
  static const struct
  {
    const gchar *proxy;
    const gchar *ca_file;
    const gchar *congestion_control;
    gboolean is_usable;
  } cases[] = {
    {NULL, NULL, NULL, TRUE}, {"", NULL, NULL, TRUE},
    {"socks5://proxy.example.com:1080", NULL, NULL, TRUE},
    {"http://user:secret@[::1]:3128", NULL, NULL, TRUE},
    {"proxy.example.com:3128", NULL, NULL, FALSE},
    {"http://user:secret@:3128", NULL, NULL, FALSE},
    {"http://user:secret@x:99999", NULL, NULL, FALSE},
    {"ftp://user:secret@proxy", NULL, NULL, FALSE},
    {"", "/nonexistent/ca.pem", NULL, FALSE},
    {"", "/dev/null", NULL, FALSE},
  };
  g_autoptr (GstIceClock) clock = gst_ice_clock_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const GstIceNetworkConfig values = {
      (gchar *) "icesink-test/1", (gchar *) cases[i].proxy,
      (gchar *) cases[i].ca_file, (gchar *) cases[i].congestion_control,
      GST_SECOND
    };
    g_autoptr (GstIceNetworkConfig) config =
        gst_ice_network_config_new (&values);
    g_autoptr (GError) error = NULL;
    G_GNUC_UNUSED g_autoptr (GstIceHttpClient) client =
        gst_ice_http_client_new (config, 3, clock, &error);

    g_test_message ("case %u", i);
    if (cases[i].is_usable) {
      g_assert_no_error (error);
      continue;
    }
    g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
    g_assert_null (strstr (error->message, "secret"));
  }
}

/* A refused algorithm is worth a warning, not an error. */
static void
test_congestion_control (void)
{
  static const gchar *const algorithms[] = { "reno", "no-such-algorithm" };

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++) {
    const GstIceNetworkConfig values = {
      (gchar *) "icesink-test/1", (gchar *) "", ca_file,
      (gchar *) algorithms[i], 30 * GST_SECOND
    };
    g_autoptr (GstIceNetworkConfig) config =
        gst_ice_network_config_new (&values);
    Fixture fixture;
    g_autoptr (Outcome) outcome = NULL;

    fixture_start (&fixture, answer_all, NULL, &(Settings) {
        .tls = TRUE});
    gst_ice_http_client_unref (fixture.client);
    fixture.client = gst_ice_http_client_new (config, 3, fixture.clock, NULL);
    outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 100));
    assert_status (outcome, 200);
    fixture_stop (&fixture);
  }
}

/* A server that would rather speak HTTP/2 */

static void
note_protocol (Peer * peer, gpointer user_data)
{
  GTlsConnection *tls = G_TLS_CONNECTION (peer->stream);

  if (g_strcmp0 (g_tls_connection_get_negotiated_protocol (tls),
          "http/1.1") == 0)
    set_flag (user_data);
  answer_all (peer, NULL);
}

static void
test_http2 (void)
{
  Fixture fixture;
  gboolean is_http1 = FALSE;
  g_autoptr (Outcome) outcome = NULL;

  fixture_start (&fixture, note_protocol, &is_http1, &(Settings) {
      .tls = TRUE});
  outcome = send_and_wait (&fixture, new_request (&fixture, "PUT", 1 * MIB));
  assert_status (outcome, 200);
  fixture_stop (&fixture);
  g_assert_true (is_http1);
}

/* No request waits for another one's handshake */

static void
ignore (Peer * peer, gpointer user_data)
{
  peer_wait_for_close (peer);
}

static void
test_open_together (void)
{
  Fixture fixture;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GstIceEndpoint) secure = NULL;
  g_autofree gchar *uri = NULL;
  Outcome *outcomes[3];
  gint64 deadline = g_get_monotonic_time () + test_patience (10 * SECOND);
  guint i;

  /* It never says a word of TLS. */
  fixture_start (&fixture, ignore, NULL, &(Settings) {
      .max_connections = G_N_ELEMENTS (outcomes)});
  uri = g_strdup_printf ("https://127.0.0.1:%u",
      server_get_port (fixture.server));
  secure = gst_ice_endpoint_parse (uri, NULL);
  for (i = 0; i < G_N_ELEMENTS (outcomes); i++)
    outcomes[i] = send_start (&fixture, gst_ice_http_request_new ("GET",
            secure, NULL, "/"), cancellable);
  while (server_get_connections (fixture.server) < G_N_ELEMENTS (outcomes)
      && g_get_monotonic_time () < deadline)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (MILLISECOND);
  g_assert_cmpuint (server_get_connections (fixture.server), ==,
      G_N_ELEMENTS (outcomes));

  g_cancellable_cancel (cancellable);
  for (i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    wait_for (&outcomes[i]->is_done);
    g_assert_error (outcomes[i]->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    outcome_free (outcomes[i]);
  }
  fixture_stop (&fixture);
}

#define ADD(name, func) g_test_add_func ("/http-connection/" name, func)
#define ADD_BOTH(name, func) \
  g_test_add_data_func ("/http-connection/" name, GINT_TO_POINTER (FALSE), func); \
  g_test_add_data_func ("/http-connection/" name "/tls", GINT_TO_POINTER (TRUE), func)

static void
add_tests (void)
{
  ADD ("checks-certificates", test_certificates);
  ADD ("refuses-a-server-without-tls", test_no_tls);
  ADD ("finds-a-host-that-has-moved", test_moved_host);
  ADD ("uses-a-proxy", test_proxy);
  ADD ("tells-a-proxy-who-it-is", test_proxy_authorization);
  ADD ("reports-what-a-proxy-refuses", test_proxy_refusal);
  ADD ("does-not-send-plain-http-to-a-proxy", test_proxy_plain);
  ADD ("keeps-a-proxys-password-to-itself", test_proxy_dead);
  ADD ("asks-no-proxy-for-this-machine", test_proxy_of_environment);
  ADD ("asks-the-environment-without-a-desktop",
      test_proxy_without_desktop);
  ADD ("refuses-unusable-settings", test_settings);
  ADD ("refuses-a-broken-ca-file", test_broken_ca_file);
  ADD ("sets-the-congestion-control", test_congestion_control);
  ADD ("speaks-http1-to-all", test_http2);
  ADD ("waits-for-no-other-handshake", test_open_together);
}

int
main (int argc, char **argv)
{
  http_test_init (&argc, &argv);
  add_tests ();
  return http_test_run ();
}
