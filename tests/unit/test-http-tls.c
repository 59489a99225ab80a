/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* To whom the HTTP client says anything at all: one row for each way in which
 * the other side is not who it should be, or can't be talked to in private.
 * What counts is what the server got to read: not one byte. */

#include "http-fixture.h"

#include <string.h>

#include <openssl/ssl.h>

#include "tls-server.h"

#define HOUR 3600
#define RIGHT "IP:127.0.0.1,DNS:localhost"
#define CA "critical,CA:TRUE"

#define CLOSING_ANSWER \
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

typedef struct
{
  const gchar *name;
  CertificateForm form;
  int version;                  /* of TLS, the server's only one; 0: any */
  gboolean is_stranger;         /* issued by another authority */
  gboolean is_accepted;
} Row;

/* What a form leaves out is right. */
static const Row rows[] = {
  {"right", {0}, .is_accepted = TRUE},
  {"tls-1.3", {0}, TLS1_3_VERSION, .is_accepted = TRUE},
  {"tls-1.2", {0}, TLS1_2_VERSION, .is_accepted = TRUE},
  {"rsa", {.rsa_bits = 2048}, .is_accepted = TRUE},
  {"usage", {.usage = "serverAuth"}, .is_accepted = TRUE},
  {"authority-between", {.between = CA}, .is_accepted = TRUE},
  {"permitted-name", {.between = CA,.constraints =
            "critical,permitted;IP:127.0.0.0/255.0.0.0"},
      .is_accepted = TRUE},

  {"tls-1.1", {0}, TLS1_1_VERSION},
  {"tls-1.0", {0}, TLS1_VERSION},
  {"other-address", {.names = "IP:127.0.0.2"}},
  {"other-name", {.names = "DNS:localhost,DNS:*.example.com"}},
  {"expired", {.from_seconds = -2 * HOUR,.to_seconds = -HOUR}},
  {"not-yet-valid", {.from_seconds = HOUR,.to_seconds = 2 * HOUR}},
  {"self-signed", {.is_self_signed = TRUE}},
  {"unknown-authority", {0}, .is_stranger = TRUE},
  {"sha-1", {.digest = "SHA1"}},
  {"short-key", {.rsa_bits = 512}},
  {"between-is-no-authority", {.between = "critical,CA:FALSE"}},
  {"forbidden-name", {.between = CA,.constraints =
            "critical,permitted;IP:10.0.0.0/255.0.0.0"}},
  {"excluded-name", {.between = CA,.constraints =
            "critical,excluded;IP:127.0.0.0/255.0.0.0"}},
};

/* PEM of what the server of @row shows. (transfer full) */
static gchar *
issue (const Row * row)
{
  g_autoptr (Authority) stranger = authority_new ();
  CertificateForm form = row->form;

  if (form.names == NULL)
    form.names = RIGHT;
  if (form.to_seconds == 0) {
    form.from_seconds = -HOUR;
    form.to_seconds = HOUR;
  }

  return authority_issue (row->is_stranger ? stranger : authority, &form);
}

/* What fixture_start() makes, but for the server. */
static void
connect_client (Fixture * self, TlsServer * server)
{
  self->clock = gst_ice_clock_new ();
  self->endpoint = create_endpoint (TRUE, "127.0.0.1",
      tls_server_get_port (server));
  self->client = create_client (&(Settings) {
      .tls = TRUE}, self->clock);
}

static void
disconnect_client (Fixture * self)
{
  gst_ice_http_client_unref (self->client);
  iterate_for (5 * MILLISECOND);
  gst_ice_endpoint_unref (self->endpoint);
  gst_ice_clock_unref (self->clock);
}

static Outcome *
put (Fixture * self)
{
  GstIceHttpRequest *request = new_request (self, "PUT", 100);

  gst_ice_http_request_add_header (request, "x-oss-security-token", "secret");

  return send_and_wait (self, request);
}

static void
assert_refused (Outcome * outcome)
{
  g_assert_error (outcome->error, GST_ICE_ERROR, GST_ICE_ERROR_TLS);
  g_assert_cmpuint (outcome->progress, ==, 0);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autofree gchar *pem = issue (row);
  g_autoptr (TlsServer) server = tls_server_start (pem, row->version,
      CLOSING_ANSWER);
  g_autoptr (Outcome) outcome = NULL;
  Fixture fixture;

  connect_client (&fixture, server);
  outcome = put (&fixture);
  disconnect_client (&fixture);

  g_assert_cmpuint (tls_server_get_connections (server), >=, 1);
  if (row->is_accepted) {
    assert_status (outcome, 200);
    g_assert_cmpuint (tls_server_get_received (server), >, 100);
  } else {
    assert_refused (outcome);
    g_assert_cmpuint (tls_server_get_received (server), ==, 0);
  }
}

/* Trust in one connection is no trust in the next: not while a certificate is
 * wrong, and again once it is right. */
static void
test_change (gconstpointer data)
{
  const Row *row = data;
  g_autofree gchar *good = issue (&rows[0]);
  g_autofree gchar *bad = issue (row);
  g_autoptr (TlsServer) server = tls_server_start (good, 0, CLOSING_ANSWER);
  guint64 received;
  Fixture fixture;
  guint i;

  connect_client (&fixture, server);
  for (i = 0; i < 3; i++) {
    g_autoptr (Outcome) before = put (&fixture);
    g_autoptr (Outcome) after = NULL;

    assert_status (before, 200);
    received = tls_server_get_received (server);
    tls_server_set_certificate (server, bad);
    after = put (&fixture);
    assert_refused (after);
    g_assert_cmpuint (tls_server_get_received (server), ==, received);
    tls_server_set_certificate (server, good);
  }
  disconnect_client (&fixture);
}

static void
add (const gchar * group, const Row * row, GTestDataFunc func)
{
  g_autofree gchar *path = g_strdup_printf ("/http-tls/%s/%s", group,
      row->name);

  g_test_add_data_func (path, row, func);
}

int
main (int argc, char **argv)
{
  gsize i;

  http_test_init (&argc, &argv);
  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    add (rows[i].is_accepted ? "talks-to" : "says-nothing-to", &rows[i],
        test_row);
    if (!rows[i].is_accepted && rows[i].version == 0)
      add ("says-nothing-after-a-change-to", &rows[i], test_change);
  }

  return http_test_run ();
}
