/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A client that says exactly what a test wants to say.
 *
 * It signs with the emulator's digests; that these are right is what the
 * vectors are for. */

#pragma once

#include "emulator.h"

#define TEST_MEDIA_ID "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

/* An emulator that listens. @options: words, NULL-terminated. */
IceEmulator *test_emulator_new (const gchar * option, ...)
    G_GNUC_NULL_TERMINATED;

typedef struct _TestClient TestClient;

TestClient *test_client_new (IceEmulator * emulator);
void test_client_free (TestClient * client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestClient, test_client_free)

/* How long test_client_read() waits. */
void test_client_set_timeout (TestClient * client, guint seconds);
/* FALSE if the connection is broken. */
gboolean test_client_send (TestClient * client, const gchar * data, gssize len);

typedef struct
{
  guint status;
  gchar *head;
  GString *body;
} TestAnswer;

void test_answer_free (TestAnswer * answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestAnswer, test_answer_free)

/* The next answer. @is_head: it has no body. Errors: G_IO_ERROR_CLOSED at the
 * end of the stream, whenever it came, others from the socket. */
TestAnswer *test_client_read (TestClient * client, gboolean is_head,
    GError ** error);

/* (transfer full) (nullable) */
gchar *test_answer_get_header (TestAnswer * answer, const gchar * name);
/* Of the first element @name of an XML body. (transfer full) (nullable) */
gchar *test_answer_get_element (TestAnswer * answer, const gchar * name);

/* The upload credential of RefreshUploadMedia. */
typedef struct
{
  gchar *endpoint;
  gchar *bucket;
  gchar *key;
  gchar *access_key_id;
  gchar *access_key_secret;
  gchar *security_token;
  gchar *region;
  gchar *expiration;            /* as JSON */
  gchar *expire_utc_time;
} TestLease;

void test_lease_free (TestLease * lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestLease, test_lease_free)

/* A signed RefreshUploadMedia. @token: of the caller, or NULL.
 * (transfer full) */
gchar *test_sign_refresh (TestClient * client, const gchar * media_id,
    const gchar * token);
/* Asks for a lease, which must succeed. (transfer full) */
TestLease *test_refresh (TestClient * client);

/* A request to OSS, to be signed. Strings are not owned. */
typedef struct
{
  const gchar *method;
  const gchar *query;           /* encoded and sorted, or NULL */
  const gchar *headers;         /* lines `Name: value\r\n`, or NULL */
  const gchar *key;             /* NULL: the lease's */
  const gchar *body;            /* or NULL */
  gsize body_len;               /* 0: that of a text */
  gint64 time_us;               /* 0: now */
} TestRequest;

/* The signed head. (transfer full) */
gchar *test_sign (TestClient * client, const TestLease * lease,
    const TestRequest * request);
/* Sends it, with its body, and waits for the answer, which must come. */
TestAnswer *test_call (TestClient * client, const TestLease * lease,
    const TestRequest * request);

/* Starts a multipart upload. The upload id. (transfer full) */
gchar *test_initiate (TestClient * client, const TestLease * lease);
/* The ETag. (transfer full) */
gchar *test_upload_part (TestClient * client, const TestLease * lease,
    const gchar * upload_id, guint number, const gchar * data, gsize len);
/* @parts: alternately number and ETag, NULL-terminated strings. */
TestAnswer *test_complete (TestClient * client, const TestLease * lease,
    const gchar * upload_id, const gchar * const *parts);

/* @len bytes that a test can tell from others. (transfer full) */
gchar *test_bytes (gsize len, guint seed);

#define test_assert_refused(answer, wanted_status, wanted_code) \
  G_STMT_START { \
    g_autofree gchar *code_ = test_answer_get_element (answer, "Code"); \
    g_assert_cmpuint ((answer)->status, ==, wanted_status); \
    g_assert_cmpstr (code_, ==, wanted_code); \
  } G_STMT_END
