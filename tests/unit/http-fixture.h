/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An HTTP client on the main thread, in the default context, and a server that
 * follows a script: what the tests of the client share. */

#pragma once

#include "certificates.h"
#include "http/http-client.h"
#include "scripted-server.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define MILLISECOND ((gint64) 1000)
#define KIB ((gsize) 1024)
#define MIB (1024 * KIB)

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/* Of all servers; from http_test_init() on. */
extern Authority *authority;
extern gchar *ca_file;

/* What a test wants other than usual; zeroes are the usual. */
typedef struct
{
  gboolean tls;
  gint64 stall_timeout_us;
  guint max_connections;
  const gchar *names;           /* of the certificate */
  glong from_seconds;           /* its validity, from now */
  glong to_seconds;
  gboolean is_ca_unknown;
  const gchar *proxy;
} Settings;

typedef struct
{
  Server *server;
  GstIceClock *clock;
  GstIceEndpoint *endpoint;     /* the server's */
  GstIceHttpClient *client;
} Fixture;

/* How one send ended. */
typedef struct
{
  gboolean is_done;
  GstIceHttpResponse *response;
  GError *error;
  guint64 progress;
} Outcome;

/* What a server was sent. The lock is for those who write. */
typedef struct
{
  GMutex lock;
  GPtrArray *heads;             /* (element-type utf8) */
  GPtrArray *bodies;            /* (element-type GBytes) */
} Notes;

/* How a server deals with one request. */
typedef struct
{
  const gchar *answer;          /* NULL: none */
  gboolean is_early;            /* before the body is read */
  gboolean is_kept;             /* the connection stays open after it */
  guint pause_ms;               /* before each byte of the answer */
  const gchar *then;            /* after the answer, again and again */
  gboolean *is_reached;         /* set when the answer is out */
} Story;

/* Begins and ends a test program. */
void http_test_init (int * argc, char *** argv);
int http_test_run (void);

GstIceEndpoint *create_endpoint (gboolean tls, const gchar * host,
    guint16 port);
GstIceHttpClient *create_client (const Settings * settings,
    GstIceClock * clock);

/* A server that follows @script, and a client for it. */
void fixture_start (Fixture * self, Script script, gpointer data,
    const Settings * settings);
void fixture_stop (Fixture * self);

/* Runs the main loop for some real time, where nothing is there to wait for. */
void iterate_for (gint64 duration_us);

/* Any thread. @flag: (nullable) */
void set_flag (gboolean * flag);

/* Runs the main loop until @condition is TRUE, which any thread may set. */
void wait_for (const gboolean * condition);

/* The callback of a send; fills in the Outcome that is its user data. */
void on_sent (GObject * source, GAsyncResult * result, gpointer user_data);

/* @request: (transfer full). The outcome is filled in later.
 * (transfer full) */
Outcome *send_start (Fixture * self, GstIceHttpRequest * request,
    GCancellable * cancellable);

/* @request: (transfer full). (transfer full) */
Outcome *send_and_wait (Fixture * self, GstIceHttpRequest * request);
void outcome_free (Outcome * outcome);

void assert_status (Outcome * outcome, guint status);
void assert_body (Outcome * outcome, const gchar * body);
gboolean is_reused_connection (const GError * error);

/* A body whose bytes differ everywhere, cut into pieces of @piece bytes with
 * an empty one now and then. (transfer full) (element-type GBytes) */
GPtrArray *create_body (gsize size, gsize piece);

/* (transfer full) */
GBytes *join (GPtrArray * bytes);

/* Reads @stream, which has @expected. */
void assert_stream (GInputStream * stream, GBytes * expected);

/* A body's progress: adds to the guint64 in @user_data. */
void count_bytes (guint64 bytes, gpointer user_data);

/* A request for /object with a body of @size bytes. (transfer full) */
GstIceHttpRequest *new_request (Fixture * self, const gchar * method,
    gsize size);

void notes_init (Notes * notes);
void notes_clear (Notes * notes);

/* While others may write. (transfer none): lives as long as @notes. */
const gchar *notes_get_head (Notes * notes, guint i);
GBytes *notes_get_body (Notes * notes, guint i);

/* A script that answers each request by OK_ANSWER.
 * @user_data: (nullable): Notes, for what it gets */
void answer_all (Peer * peer, gpointer user_data);

/* A script that reads one request and follows the Story in @user_data. */
void tell (Peer * peer, gpointer user_data);

/* One request to a server with that story. (transfer full) */
Outcome *run_story (const Story * story, const Settings * settings,
    const gchar * method, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)
