/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Identities, upload credentials and their renewal in mid upload. */

#include "fixture.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "emulator/test-client.h"
#include "patience.h"

#define SMALL 1000

/* ---- helpers ---- */

static IceEmulatorRecord *
get_record (GPtrArray * records, guint i)
{
  return g_ptr_array_index (records, i);
}

/* How often the sink itself asked ICE. */
static guint
count_refreshes (Fixture * f)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f,
      ICE_EMULATOR_REFRESH, 0);
  guint i, n = 0;

  for (i = 0; i < records->len; i++)
    n += get_record (records, i)->user_agent != NULL
        && g_str_has_prefix (get_record (records, i)->user_agent, "icesink/");

  return n;
}

/* All parts, also those that were refused, were for one upload. */
static void
assert_one_upload_id (Fixture * f)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_PART,
      0);
  guint i;

  for (i = 1; i < records->len; i++)
    g_assert_cmpstr (get_record (records, i)->upload_id, ==,
        get_record (records, 0)->upload_id);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_INITIATE), ==, 1);
}

/* Records at a steady pace until @condition holds. */
#define record_until(f, condition) \
  G_STMT_START { \
    fixture_wait_for (f, fixture_push (f, 4 * KIB) != GST_FLOW_OK \
        || (condition)); \
    g_assert_cmpint ((f)->flow, ==, GST_FLOW_OK); \
  } G_STMT_END

/* ---- renewal ---- */

static void
test_renews_in_time (void)
{
  g_autoptr (Fixture) f = fixture_new_with_life (2, "");
  g_autoptr (GPtrArray) refused = NULL;

  fixture_play (f);
  record_until (f, ice_emulator_get_generation (f->emulator) >= 4);
  fixture_complete (f);

  /* none, unless the machine is so busy that a renewal is late */
  refused = fixture_get_records (f, ICE_EMULATOR_ANY, 403);
  g_assert_cmpuint (refused->len, <=,
      ice_emulator_get_generation (f->emulator) / 4);
  assert_one_upload_id (f);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), >=, 3);
  g_assert_cmpuint (fixture_count_elements (f, "ice-credential-refreshed"),
      ==, fixture_get_stat (f, "credential-refreshes"));
}

typedef struct
{
  const gchar *name;
  const gchar *options;
} OptionsCase;

static const OptionsCase refusal_cases[] = {
  {"an-expired-token", NULL},
  {"an-unknown-key", "--expired-code=InvalidAccessKeyId"},
  {"an-early-answer", "--early-errors"},
};

/* Each dead lease is renewed once, whatever number of parts it refused. */
static void
test_renews_dead_lease (gconstpointer data)
{
  const OptionsCase *c = data;
  g_autoptr (Fixture) f = fixture_new (c->options);
  guint i;

  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  for (i = 1; i <= 5; i++) {
    ice_emulator_expire_credentials (f->emulator);
    fixture_push_parts (f, 4);
    fixture_wait_uploaded (f);
    g_assert_cmpuint (ice_emulator_get_generation (f->emulator), ==, 1 + i);
  }
  fixture_complete (f);

  assert_one_upload_id (f);
  g_assert_cmpuint (count_refreshes (f), ==, 6);
}

/* On a slow machine, all that was pushed may have arrived by the next look. */
static gboolean
push_part_on_its_way (Fixture * f)
{
  fixture_push_parts (f, 1);

  return fixture_get_stat (f, "parts-in-flight") > 0;
}

/* The lease dies while parts are on their way, and while nobody looks. */
static void
test_renews_while_parts_are_in_flight (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--fault=part:delay:seconds=0.05:count=0");
  guint i;

  fixture_play (f);
  for (i = 0; i < 8; i++) {
    fixture_push_parts (f, 2);
    fixture_wait_for (f, push_part_on_its_way (f));
    ice_emulator_expire_credentials (f->emulator);
  }
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (ice_emulator_get_generation (f->emulator), <=, 9);
}

static void
test_renews_at_the_end (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  ice_emulator_expire_credentials (f->emulator);
  fixture_complete (f);
  g_assert_cmpuint (ice_emulator_get_generation (f->emulator), ==, 2);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_COMPLETE), ==, 2);
}

static void
test_renews_before_the_first_byte (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_wait_for (f, fixture_stat_is (f, "state", "uploading"));
  ice_emulator_expire_credentials (f->emulator);
  fixture_push (f, SMALL);
  fixture_complete (f);
  g_assert_cmpuint (ice_emulator_get_generation (f->emulator), ==, 2);
  fixture_assert_requests (f, "refresh=2 put=2");
}

#define EARLY_403 "part:early-answer:status=403:code=SecurityTokenExpired" \
  ":after=1000"

/* The 403 comes while the body is being sent, and the connection closes. */
static void
test_renews_after_early_answers (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  guint i;

  fixture_set (f, "part-size=4194304");
  fixture_play (f);
  for (i = 1; i <= 8; i++) {
    fixture_add_fault (f, EARLY_403);
    g_assert_cmpint (fixture_push (f, 4 * MIB), ==, GST_FLOW_OK);
    fixture_wait_uploaded (f);
    g_assert_cmpuint (ice_emulator_get_generation (f->emulator), ==, 1 + i);
  }
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      0);
}

/* While renewals fail and the old token lives, parts go on. */
static gboolean
has_part_after_failure (Fixture * f)
{
  g_autoptr (GPtrArray) failures = fixture_get_records (f,
      ICE_EMULATOR_REFRESH, 503);
  g_autoptr (GPtrArray) parts = fixture_get_records (f, ICE_EMULATOR_PART,
      200);

  return failures->len > 0 && parts->len > 0
      && get_record (parts, parts->len - 1)->generation == 1
      && get_record (parts, parts->len - 1)->begin_us
      > get_record (failures, 0)->end_us;
}

static void
test_goes_on_while_renewal_fails (void)
{
  g_autoptr (Fixture) f = fixture_new_with_life (4,
      "--fault=refresh:error:status=503:skip=1:count=0");

  fixture_play (f);
  record_until (f, has_part_after_failure (f));
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      0);
  ice_emulator_clear_faults (f->emulator);
  record_until (f, ice_emulator_get_generation (f->emulator) >= 2);
  fixture_complete (f);
  assert_one_upload_id (f);
}

/* Renewal fails for longer than the token lives: parts wait, none is lost. */
static void
test_waits_for_renewal (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  fixture_add_fault (f, "refresh:error:status=503:count=4");
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 4);
  fixture_wait_element (f, "ice-upload-interrupted");
  fixture_wait_uploaded (f);
  fixture_wait_element (f, "ice-upload-resumed");
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      1);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-resumed"), ==, 1);
}

/* ---- what leases look like ---- */

static const OptionsCase lease_cases[] = {
  {"without-utc-time", "--no-expire-utc-time"},
  {"with-utc-time-only-to-the-second",
        "--credential-life=30 --expire-utc-time"},
  {"without-region", "--no-lease-region"},
  {"without-token", "--no-lease-token"},
  {"with-a-numeric-expiration", "--numeric-expiration"},
  {"for-a-deep-key", "--key-template=a/b%20c/MEDIAID/x+y.mp4"},
};

static void
test_lease (gconstpointer data)
{
  const OptionsCase *c = data;
  g_autoptr (Fixture) f = fixture_new (c->options);

  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_complete (f);
}

static void
test_oss_endpoint (void)
{
  g_autoptr (Fixture) f =
      fixture_new ("--endpoint=https://oss.example.invalid");

  g_object_set (f->sink, "oss-endpoint", ice_emulator_get_uri (f->emulator),
      NULL);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_complete (f);
}

/* Every part went to the object of the lease that signed it, under the upload
 * id of that object: nothing is mixed. */
static void
assert_not_mixed (Fixture * f)
{
  g_autoptr (GPtrArray) records = fixture_get_records (f, ICE_EMULATOR_PART,
      200);
  const gchar *upload_id = NULL;
  guint i;

  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = get_record (records, i);

    if (record->generation == 1)
      continue;
    if (upload_id == NULL)
      upload_id = record->upload_id;
    g_assert_cmpstr (record->upload_id, ==, upload_id);
  }
  for (i = 0; i < records->len; i++) {
    const IceEmulatorRecord *record = get_record (records, i);

    if (record->generation == 1)
      g_assert_cmpstr (record->upload_id, !=, upload_id);
  }
  /* Nor was that left to the service, which does not know such an upload. */
  g_assert_cmpuint (ice_emulator_count (f->emulator, ICE_EMULATOR_PART, 404),
      ==, 0);
}

static gboolean
is_moved (Fixture * f)
{
  g_autofree gchar *object = fixture_get_stat_string (f, "object");

  return g_str_has_prefix (object, "moved/");
}

/* What a new lease changes does not end the upload, nor does anybody hear of
 * an interruption. */
static void
record_over_renewal (Fixture * f)
{
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 3);
  fixture_complete (f);

  assert_one_upload_id (f);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-started"), ==, 1);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      0);
}

/* A new token for the same object at the same endpoint: no more changes than
 * the signatures. */
static void
test_lease_changes_token (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autoptr (GPtrArray) parts = NULL;

  record_over_renewal (f);

  g_assert_false (is_moved (f));
  parts = fixture_get_records (f, ICE_EMULATOR_PART, 200);
  g_assert_cmpuint (get_record (parts, 0)->generation, ==, 1);
  g_assert_cmpuint (get_record (parts, parts->len - 1)->generation, ==, 2);
}

/* The same object at another endpoint is the same upload. */
static void
test_lease_moves_endpoint (void)
{
  g_autoptr (Fixture) f = fixture_new ("--new-endpoint-from=2");

  record_over_renewal (f);
}

/* Another object can't take the parts of the old one: all begins anew, as long
 * as all is held. */
static void
test_lease_moves_object (void)
{
  g_autoptr (Fixture) f = fixture_new ("--new-key-from=2"
      " --fault=part:expired-token:part=1 --fault=part:expired-token:part=2"
      " --fault=part:expired-token:part=3");

  fixture_play (f);
  fixture_push_parts (f, 6);
  fixture_complete (f);
  g_assert_true (is_moved (f));
  assert_not_mixed (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_INITIATE), ==, 2);
}

/* What has arrived is on disk as well, so even then all begins anew. */
static void
test_lease_moves_object_with_spool (void)
{
  g_autoptr (Fixture) f = fixture_new ("--new-key-from=2");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *spool = g_dir_make_tmp ("icesink-lease-XXXXXX", &error);

  g_assert_no_error (error);
  g_object_set (f->sink, "spool-directory", spool, NULL);
  fixture_play (f);
  fixture_push_parts (f, 10);
  fixture_wait_uploaded (f);
  g_assert_false (is_moved (f));
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 10);
  fixture_complete (f);

  g_assert_true (is_moved (f));
  assert_not_mixed (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_INITIATE), ==, 2);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_COMPLETE), ==, 1);
  fixture_set_state (f, GST_STATE_NULL);
  g_rmdir (spool);
}

/* Without one, bytes that only the old object has are lost to the new one. The
 * old one is not completed with a token that is not for it. */
static void
test_lease_moves_object_too_late (void)
{
  g_autoptr (Fixture) f = fixture_new ("--new-key-from=2");
  const GstStructure *details;

  fixture_play (f);
  fixture_push_parts (f, 10);
  fixture_wait_uploaded (f);
  ice_emulator_expire_credentials (f->emulator);
  if (fixture_push_all (f, 10 * FIXTURE_PART_SIZE, 64 * KIB) == GST_FLOW_OK)
    g_assert_false (fixture_push_eos (f));
  details = fixture_wait_error (f, GST_RESOURCE_ERROR_WRITE);
  g_assert_cmpstr (gst_structure_get_string (details, "outcome"), ==, "kept");
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
  fixture_assert_no_object (f);
  g_assert_cmpuint (fixture_count (f, ICE_EMULATOR_INITIATE), ==, 1);
}

/* ---- clocks ---- */

static gint64
shift_clock (gpointer user_data)
{
  return g_get_real_time () + *(gint64 *) user_data;
}

typedef struct
{
  const gchar *name;
  gint64 offset_us;
} ClockCase;

#define HOUR_US (3600 * (gint64) G_USEC_PER_SEC)

static const ClockCase clock_cases[] = {
  {"ten-minutes-ahead", HOUR_US / 6},
  {"twenty-minutes-behind", -HOUR_US / 3},
  {"two-hours-ahead", 2 * HOUR_US},
  {"years-behind", -20 * 366 * 24 * HOUR_US},
  {"years-ahead", 20 * 366 * 24 * HOUR_US},
};

/* Whatever the two clocks say, only a token that is dead is refused. */
static void
test_clock (gconstpointer data)
{
  ClockCase c = *(const ClockCase *) data;
  g_autoptr (Fixture) f = fixture_new (NULL);

  ice_emulator_set_clock (f->emulator, shift_clock, &c.offset_us);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 3);
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (ice_emulator_get_generation (f->emulator), ==, 2);
}

static gint64
step_clock (gpointer user_data)
{
  return g_get_real_time () + (gint64) g_atomic_int_get ((gint *) user_data)
      * G_USEC_PER_SEC;
}

static void
test_clock_steps (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  const gint offsets[] = { 7200, -7200, 0, 1800 };
  gint offset = 0;
  guint i;

  ice_emulator_set_clock (f->emulator, step_clock, &offset);
  fixture_play (f);
  for (i = 0; i < G_N_ELEMENTS (offsets); i++) {
    fixture_push_parts (f, 3);
    fixture_wait_uploaded (f);
    g_atomic_int_set (&offset, offsets[i]);
  }
  fixture_complete (f);
  assert_one_upload_id (f);
}

/* ---- identity ---- */

static void
forget_identity (Fixture * f)
{
  g_object_set (f->sink, "access-key-id", NULL, "access-key-secret", NULL,
      NULL);
}

static void
test_no_identity (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *debug = NULL;
  gint place;

  forget_identity (f);
  g_assert_cmpint (gst_element_set_state (f->sink, GST_STATE_PAUSED), ==,
      GST_STATE_CHANGE_FAILURE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);

  place = fixture_find_message (f, GST_MESSAGE_ERROR);
  gst_message_parse_error (g_ptr_array_index (f->messages, place), NULL,
      &debug);
  g_assert_nonnull (g_strstr_len (debug, -1, "access-key-id"));
  g_assert_nonnull (g_strstr_len (debug, -1, "ALIBABA_CLOUD_ACCESS_KEY_ID"));
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
  fixture_assert_requests (f, "refresh=0");
}

static void
test_provide_identity_before (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  g_signal_emit_by_name (f->sink, "provide-identity", FIXTURE_KEY_ID,
      FIXTURE_KEY_SECRET, NULL);
  /* What is none changes nothing. */
  g_signal_emit_by_name (f->sink, "provide-identity", "LTAIother", NULL, NULL);
  g_signal_emit_by_name (f->sink, "provide-identity", NULL, "secret", NULL);
  g_signal_emit_by_name (f->sink, "provide-identity", "", "secret", NULL);
  g_signal_emit_by_name (f->sink, "provide-identity", "LTAIother", "", NULL);
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_complete (f);
}

/* ---- credentials that the application gives ---- */

/**
 * Giver: an application that gives upload credentials
 * @emulator: where it gets them
 * @media_id: for what
 * @promises: what the handler returns
 * @at_once: it gives one before the handler returns, or else later
 * @reasons: what it was asked for
 */
typedef struct
{
  IceEmulator *emulator;
  const gchar *media_id;
  gboolean promises;
  gboolean at_once;
  gint asked;                   /* atomic */
  GThread *asked_on;
  GAsyncQueue *reasons;
} Giver;

static void
get_credential (IceEmulator * emulator, const gchar * media_id,
    gchar ** address, gchar ** auth)
{
  g_autoptr (TestClient) client = test_client_new (emulator);
  g_autofree gchar *request = test_sign_refresh (client, media_id, NULL);
  g_autoptr (TestAnswer) answer = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  g_assert_true (test_client_send (client, request, -1));
  answer = test_client_read (client, FALSE, &error);
  g_assert_no_error (error);
  root = json_from_string (answer->body->str, &error);
  g_assert_no_error (error);
  object = json_node_get_object (root);
  *address =
      g_strdup (json_object_get_string_member (object, "UploadAddress"));
  *auth = g_strdup (json_object_get_string_member (object, "UploadAuth"));
}

static gboolean
provide (Fixture * f, const gchar * address, const gchar * auth)
{
  gboolean taken = FALSE;

  g_signal_emit_by_name (f->sink, "provide-upload-credential", address, auth,
      &taken);

  return taken;
}

static gboolean
provide_fresh (Fixture * f)
{
  g_autofree gchar *address = NULL, *auth = NULL;

  get_credential (f->emulator, f->media_id, &address, &auth);

  return provide (f, address, auth);
}

static gboolean
on_request (GstElement * sink, const gchar * media_id, const gchar * reason,
    gpointer user_data)
{
  Giver *giver = user_data;
  g_autofree gchar *address = NULL, *auth = NULL;
  gboolean taken = FALSE;

  g_assert_cmpstr (media_id, ==, giver->media_id);
  giver->asked_on = g_thread_self ();
  g_async_queue_push (giver->reasons, g_strdup (reason));
  if (giver->at_once) {
    get_credential (giver->emulator, media_id, &address, &auth);
    g_signal_emit_by_name (sink, "provide-upload-credential", address, auth,
        &taken);
    g_assert_true (taken);
  }
  g_atomic_int_inc (&giver->asked);

  return giver->promises;
}

static Giver *
giver_new (Fixture * f, gboolean promises, gboolean at_once)
{
  Giver *giver = g_new0 (Giver, 1);

  giver->emulator = f->emulator;
  giver->media_id = f->media_id;
  giver->promises = promises;
  giver->at_once = at_once;
  giver->reasons = g_async_queue_new_full (g_free);
  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (on_request), giver);

  return giver;
}

static void
giver_free (Giver * giver)
{
  g_async_queue_unref (giver->reasons);
  g_free (giver);
}

static void
assert_asked_for (Giver * giver, const gchar * reason)
{
  g_autofree gchar *its_reason = g_async_queue_try_pop (giver->reasons);

  g_assert_cmpstr (its_reason, ==, reason);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Giver, giver_free)

/* The sink is gone before the giver is. */
static void
test_request_answered_at_once (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  giver = giver_new (f, TRUE, TRUE);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_complete (f);

  assert_asked_for (giver, "start");
  assert_asked_for (giver, NULL);
  g_assert_true (giver->asked_on != g_thread_self ());
  g_assert_cmpuint (count_refreshes (f), ==, 0);
}

static gpointer
provide_in_thread (gpointer user_data)
{
  g_assert_true (provide_fresh (user_data));

  return NULL;
}

static void
test_request_answered_later (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  giver = giver_new (f, TRUE, FALSE);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_for (f, g_atomic_int_get (&giver->asked) == 1);
  g_assert_cmpuint (fixture_get_stat (f, "requests"), ==, 0);
  g_thread_join (g_thread_new ("giver", provide_in_thread, f));
  fixture_complete (f);
  g_assert_cmpuint (count_refreshes (f), ==, 0);
}

static void
test_request_declined (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  giver = giver_new (f, FALSE, FALSE);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_complete (f);

  assert_asked_for (giver, "start");
  g_assert_cmpuint (count_refreshes (f), ==, 1);
}

/* The first handler that promises wins; those after it are not asked. */
static void
test_request_with_several_handlers (void)
{
  g_autoptr (Giver) declining = NULL, giving = NULL, spare = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  declining = giver_new (f, FALSE, FALSE);
  giving = giver_new (f, TRUE, TRUE);
  spare = giver_new (f, TRUE, TRUE);
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_complete (f);

  g_assert_cmpint (declining->asked, ==, 1);
  g_assert_cmpint (giving->asked, ==, 1);
  g_assert_cmpint (spare->asked, ==, 0);
}

static void
test_promise_not_kept (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  fixture_set (f, "retry-timeout=200000000");
  giver = giver_new (f, TRUE, FALSE);
  fixture_play (f);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
  fixture_assert_requests (f, "refresh=0");
}

static void
test_request_reasons (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  giver = giver_new (f, TRUE, TRUE);
  ice_emulator_set_credential_life (f->emulator, test_patience (1500));
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  assert_asked_for (giver, "start");

  ice_emulator_set_credential_life (f->emulator, 3600 * 1000);
  fixture_wait_for (f, g_atomic_int_get (&giver->asked) == 2);
  assert_asked_for (giver, "expiring");

  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  assert_asked_for (giver, "refused");
  fixture_complete (f);
  assert_asked_for (giver, NULL);
  assert_one_upload_id (f);
}

/* Handlers run on no thread of the sink's own. */
static void
test_request_in_handler_of_null (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new (NULL);

  giver = giver_new (f, TRUE, FALSE);
  fixture_set (f, "stop-timeout=200000000");
  fixture_play (f);
  fixture_push (f, SMALL);
  fixture_wait_for (f, g_atomic_int_get (&giver->asked) == 1);
  fixture_set_state (f, GST_STATE_NULL);
  g_assert_false (provide_fresh (f));
}

/* The sink has no identity, and one credential. */
static void
set_first_credential (Fixture * f)
{
  g_autofree gchar *address = NULL, *auth = NULL;

  forget_identity (f);
  get_credential (f->emulator, f->media_id, &address, &auth);
  g_object_set (f->sink, "upload-address", address, "upload-auth", auth,
      NULL);
}

static void
test_first_credential (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  set_first_credential (f);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);

  /* a later one is simply given */
  ice_emulator_expire_credentials (f->emulator);
  g_assert_true (provide_fresh (f));
  fixture_push_parts (f, 3);
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (count_refreshes (f), ==, 0);
}

/* OSS alone tells of the time where ICE is never asked: its first refusal says
 * how late it is there. */
static void
test_clock_of_oss_alone (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint64 offset_us = -2 * HOUR_US;

  set_first_credential (f);
  ice_emulator_set_clock (f->emulator, shift_clock, &offset_us);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_complete (f);

  g_assert_cmpuint (count_refreshes (f), ==, 0);
  g_assert_cmpuint (ice_emulator_count (f->emulator, ICE_EMULATOR_INITIATE,
          403), ==, 1);
  g_assert_cmpuint (ice_emulator_count (f->emulator, ICE_EMULATOR_PART, 403),
      ==, 0);
  g_assert_cmpuint (fixture_count_elements (f, "ice-upload-interrupted"), ==,
      0);
}

/* An identity that comes later serves renewals. */
static void
test_provide_identity_later (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);

  set_first_credential (f);
  fixture_play (f);
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);
  g_signal_emit_by_name (f->sink, "provide-identity", FIXTURE_KEY_ID,
      FIXTURE_KEY_SECRET, NULL);
  ice_emulator_expire_credentials (f->emulator);
  fixture_push_parts (f, 3);
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (count_refreshes (f), ==, 1);
}

static void
test_bad_credentials (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  g_autofree gchar *address = NULL, *auth = NULL;

  get_credential (f->emulator, f->media_id, &address, &auth);
  fixture_play (f);
  g_assert_false (provide (f, "", ""));
  g_assert_false (provide (f, NULL, NULL));
  g_assert_false (provide (f, "not base64", auth));
  g_assert_false (provide (f, address, "e30="));
  g_assert_false (provide (f, auth, auth));
  /* In either order. */
  g_assert_true (provide (f, auth, address));
  fixture_push_parts (f, 3);
  fixture_complete (f);
}

/* ---- applications that are late, busy or wrong ---- */

/* The promise is kept only after the old token has died; nothing is lost. */
static void
test_renewal_answered_late (void)
{
  g_autoptr (Giver) giver = NULL;
  g_autoptr (Fixture) f = fixture_new_with_life (2, "");

  forget_identity (f);
  giver = giver_new (f, TRUE, FALSE);
  fixture_play (f);
  fixture_wait_for (f, g_atomic_int_get (&giver->asked) == 1);
  g_assert_true (provide_fresh (f));
  fixture_push_parts (f, 3);
  fixture_wait_uploaded (f);

  fixture_wait_for (f, g_atomic_int_get (&giver->asked) == 2);
  fixture_wait_for (f, fixture_get_stat (f, "credential-expires-in") == 0
      || fixture_get_stat (f, "credential-expires-in")
      == GST_CLOCK_TIME_NONE);
  fixture_push_parts (f, 3);
  ice_emulator_set_credential_life (f->emulator, 3600 * 1000);
  g_thread_join (g_thread_new ("giver", provide_in_thread, f));
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (count_refreshes (f), ==, 0);
}

static gpointer
provide_again_and_again (gpointer user_data)
{
  guint i;

  for (i = 0; i < 10; i++)
    g_assert_true (provide_fresh (user_data));

  return NULL;
}

static gboolean
promise (GstElement * sink, const gchar * media_id, const gchar * reason,
    gpointer user_data)
{
  return TRUE;
}

/* Nobody asked for them, and they come from everywhere. */
static void
test_provided_from_all_sides (void)
{
  g_autoptr (Fixture) f = fixture_new (NULL);
  GThread *threads[4];
  guint i;

  forget_identity (f);
  fixture_set (f, "retry-timeout=60000000000");
  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (promise), NULL);
  fixture_play (f);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("giver", provide_again_and_again, f);
  fixture_push_parts (f, 10);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  fixture_complete (f);
  assert_one_upload_id (f);
  g_assert_cmpuint (fixture_get_stat (f, "credential-refreshes"), ==, 39);
}

/**
 * Repeater: an application that gives the same credential again and again
 */
typedef struct
{
  gchar *address;
  gchar *auth;
  gint asked;                   /* atomic */
} Repeater;

static gboolean
on_request_repeat (GstElement * sink, const gchar * media_id,
    const gchar * reason, gpointer user_data)
{
  Repeater *repeater = user_data;
  gboolean taken;

  g_atomic_int_inc (&repeater->asked);
  g_signal_emit_by_name (sink, "provide-upload-credential",
      repeater->address, repeater->auth, &taken);

  return TRUE;
}

/* A dead credential, given whenever one is wanted, is bounded like a service
 * that refuses all the time. */
static void
test_dead_credential_repeated (void)
{
  Repeater repeater = { 0 };
  g_autoptr (Fixture) f = fixture_new (NULL);
  gint asked;

  forget_identity (f);
  fixture_set (f, "retry-timeout=2000000000");
  get_credential (f->emulator, f->media_id, &repeater.address,
      &repeater.auth);
  ice_emulator_expire_credentials (f->emulator);
  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (on_request_repeat), &repeater);
  fixture_record (f, 3 * FIXTURE_PART_SIZE);
  fixture_wait_error (f, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  fixture_set_state (f, GST_STATE_NULL);
  fixture_assert_failed_once (f);
  asked = g_atomic_int_get (&repeater.asked);
  g_test_message ("asked %d times", asked);
  g_assert_cmpint (asked, <=, 30);
  g_free (repeater.address);
  g_free (repeater.auth);
}

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean entered;
  gboolean released;
} Gate;

static gboolean
on_request_wait (GstElement * sink, const gchar * media_id,
    const gchar * reason, gpointer user_data)
{
  Gate *gate = user_data;

  g_mutex_lock (&gate->lock);
  gate->entered = TRUE;
  while (!gate->released)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);

  return TRUE;
}

/* A handler that does not even return holds up no state change. */
static void
test_handler_never_returns (void)
{
  Gate gate = { 0 };
  g_autoptr (Fixture) f = fixture_new (NULL);

  forget_identity (f);
  fixture_set (f, "retry-timeout=200000000 stop-timeout=200000000");
  g_signal_connect (f->sink, "request-upload-credential",
      G_CALLBACK (on_request_wait), &gate);
  fixture_record (f, 3 * FIXTURE_PART_SIZE);
  fixture_wait_for (f, fixture_stat_is (f, "state", "failed"));
  fixture_set_state (f, GST_STATE_NULL);

  g_mutex_lock (&gate.lock);
  g_assert_true (gate.entered);
  gate.released = TRUE;
  g_cond_signal (&gate.changed);
  g_mutex_unlock (&gate.lock);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);

  g_test_add_func ("/icesink/renewal/comes-in-time", test_renews_in_time);
  FIXTURE_ADD_CASES ("/icesink/renewal/follows-", refusal_cases,
      test_renews_dead_lease);
  g_test_add_func ("/icesink/renewal/follows-parts-in-flight",
      test_renews_while_parts_are_in_flight);
  g_test_add_func ("/icesink/renewal/follows-a-refused-complete",
      test_renews_at_the_end);
  g_test_add_func ("/icesink/renewal/follows-a-refused-put",
      test_renews_before_the_first_byte);
  g_test_add_func ("/icesink/renewal/follows-answers-in-mid-body",
      test_renews_after_early_answers);
  g_test_add_func ("/icesink/renewal/may-fail-while-the-token-lives",
      test_goes_on_while_renewal_fails);
  g_test_add_func ("/icesink/renewal/is-waited-for", test_waits_for_renewal);

  FIXTURE_ADD_CASES ("/icesink/lease/may-be-", lease_cases, test_lease);
  g_test_add_func ("/icesink/lease/gives-way-to-oss-endpoint",
      test_oss_endpoint);
  g_test_add_func ("/icesink/lease/may-change-the-token",
      test_lease_changes_token);
  g_test_add_func ("/icesink/lease/may-change-the-endpoint",
      test_lease_moves_endpoint);
  g_test_add_func ("/icesink/lease/may-change-the-object",
      test_lease_moves_object);
  g_test_add_func ("/icesink/lease/may-change-the-object-of-a-spool",
      test_lease_moves_object_with_spool);
  g_test_add_func ("/icesink/lease/may-change-the-object-too-late",
      test_lease_moves_object_too_late);

  FIXTURE_ADD_CASES ("/icesink/clock/may-be-", clock_cases, test_clock);
  g_test_add_func ("/icesink/clock/may-step", test_clock_steps);
  g_test_add_func ("/icesink/clock/is-learnt-from-oss-alone",
      test_clock_of_oss_alone);

  g_test_add_func ("/icesink/identity/is-missed", test_no_identity);
  g_test_add_func ("/icesink/identity/is-provided-before",
      test_provide_identity_before);
  g_test_add_func ("/icesink/identity/is-provided-later",
      test_provide_identity_later);

  g_test_add_func ("/icesink/request/is-answered-at-once",
      test_request_answered_at_once);
  g_test_add_func ("/icesink/request/is-answered-later",
      test_request_answered_later);
  g_test_add_func ("/icesink/request/is-declined", test_request_declined);
  g_test_add_func ("/icesink/request/has-several-handlers",
      test_request_with_several_handlers);
  g_test_add_func ("/icesink/request/is-never-answered",
      test_promise_not_kept);
  g_test_add_func ("/icesink/request/says-why", test_request_reasons);
  g_test_add_func ("/icesink/request/ends-with-the-upload",
      test_request_in_handler_of_null);
  g_test_add_func ("/icesink/request/is-not-needed", test_first_credential);
  g_test_add_func ("/icesink/request/takes-no-nonsense",
      test_bad_credentials);
  g_test_add_func ("/icesink/request/may-be-answered-after-the-token-died",
      test_renewal_answered_late);
  g_test_add_func ("/icesink/request/may-be-answered-from-all-sides",
      test_provided_from_all_sides);
  g_test_add_func ("/icesink/request/gets-a-dead-credential-again-and-again",
      test_dead_credential_repeated);
  g_test_add_func ("/icesink/request/waits-for-no-handler",
      test_handler_never_returns);

  return g_test_run ();
}
