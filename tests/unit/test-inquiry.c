/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The inquiry as a table: what is answered about completion, one event after
 * the other; what follows, what is asked next, and what can be said of the
 * object meanwhile. */

#include "upload/inquiry.h"

#include <string.h>

/**
 * Event:
 *
 * What an answer was. Capitals are requests; what comes behind is their
 * answer.
 */
typedef enum
{
  END,
  COMPLETE,                     /* Complete, or PutObject, is sent */
  CANCELLED,
  CANCELLED_UNSENT,
  DONE,                         /* with our CRC-64 */
  DONE_OTHER,
  DONE_BARE,                    /* without a CRC-64 */
  LOST,
  NOT_SENT,
  BROKEN,                       /* status 500 */
  NONSENSE,
  THROTTLED,
  EXPIRED,
  NO_UPLOAD,
  BAD_PART,
  HEAD_OURS,
  HEAD_OTHER,
  HEAD_BARE,
  HEAD_NOTHING,
  HEAD_BROKEN,
  HEAD_REFUSED,
  PAGE,                         /* of ListParts, and there is another */
  LAST_PAGE,
  LIST_BROKEN,
  LIST_REFUSED,
  COMPARED,
  LOSE,
  LOOK_FOR_OBJECT,
} Event;

#define MAX_EVENTS 16

/* Time between two events of a row, in microseconds: three looks take long
 * enough to be believed. */
#define SECONDS_APART (3 * (gint64) G_USEC_PER_SEC)

#define UNSURE TRUE
#define SURE FALSE

/**
 * Row:
 * @events: from the beginning on
 * @verdict: on the last one
 * @next: what is asked then
 * @unsure: the object may be there
 * @state: where the inquiry is
 */
typedef struct
{
  const gchar *name;
  Event events[MAX_EVENTS];
  GstIceVerdict verdict;
  GstIceOperation next;
  gboolean unsure;
  GstIceInquiryState state;
} Row;

#define V(verdict) GST_ICE_VERDICT_##verdict
#define S(state) GST_ICE_INQUIRY_##state
#define ASK_NOTHING GST_ICE_OPERATION_NONE
#define ASK_COMPLETE GST_ICE_OPERATION_COMPLETE
#define ASK_HEAD GST_ICE_OPERATION_HEAD
#define ASK_LIST GST_ICE_OPERATION_LIST

/* The upload id has gone. */
#define GONE_TWICE COMPLETE, NO_UPLOAD, HEAD_NOTHING, COMPLETE, NO_UPLOAD

static const Row rows[] = {
  {"complete", {COMPLETE, DONE}, V (COMPLETE), ASK_NOTHING, SURE, S (THERE)},
  {"on-its-way", {COMPLETE}, V (ASK), ASK_NOTHING, SURE, S (COMPLETING)},
  {"other-bytes", {COMPLETE, DONE_OTHER}, V (OTHER_BYTES), ASK_NOTHING, SURE,
        S (THERE)},

  /* A lost answer proves nothing: HeadObject is asked. */
  {"lost", {COMPLETE, LOST}, V (RETRY), ASK_HEAD, UNSURE, S (LOOKING)},
  {"broken", {COMPLETE, BROKEN}, V (RETRY), ASK_HEAD, UNSURE, S (LOOKING)},
  {"nonsense", {COMPLETE, NONSENSE}, V (RETRY), ASK_HEAD, UNSURE,
        S (LOOKING)},
  {"lost-and-there", {COMPLETE, LOST, HEAD_OURS}, V (COMPLETE), ASK_NOTHING,
        SURE, S (THERE)},
  {"lost-and-not-there", {COMPLETE, LOST, HEAD_NOTHING},
        V (COMPLETE_AGAIN), ASK_COMPLETE, SURE, S (OPEN)},
  /* An older object of the same name. */
  {"lost-and-another", {COMPLETE, LOST, HEAD_OTHER}, V (COMPLETE_AGAIN),
        ASK_COMPLETE, SURE, S (OPEN)},
  {"lost-and-bare", {COMPLETE, LOST, HEAD_BARE}, V (COMPLETE_AGAIN),
        ASK_COMPLETE, UNSURE, S (OPEN)},
  /* Complete gets its turn while HeadObject does not answer. */
  {"lost-and-no-head", {COMPLETE, LOST, HEAD_BROKEN}, V (RETRY),
        ASK_COMPLETE, UNSURE, S (OPEN)},
  {"lost-and-head-refused", {COMPLETE, LOST, HEAD_REFUSED},
        V (COMPLETE_AGAIN), ASK_COMPLETE, UNSURE, S (OPEN)},
  {"lost-and-complete-again", {COMPLETE, LOST, HEAD_BROKEN, COMPLETE, DONE},
        V (COMPLETE), ASK_NOTHING, SURE, S (THERE)},
  /* A refusal does not take back what was lost before. */
  {"lost-and-refused", {COMPLETE, LOST, HEAD_REFUSED, COMPLETE, EXPIRED},
        V (RETRY), ASK_COMPLETE, UNSURE, S (OPEN)},
  {"cancelled", {COMPLETE, CANCELLED}, V (ASK), ASK_COMPLETE, UNSURE,
        S (OPEN)},

  /* What was not carried out leaves no doubt. */
  {"cancelled-unsent", {COMPLETE, CANCELLED_UNSENT}, V (ASK), ASK_COMPLETE,
        SURE, S (OPEN)},
  {"lost-and-cancelled-unsent", {COMPLETE, LOST, HEAD_BROKEN, COMPLETE,
        CANCELLED_UNSENT}, V (ASK), ASK_COMPLETE, UNSURE, S (OPEN)},
  {"not-sent", {COMPLETE, NOT_SENT}, V (RETRY), ASK_COMPLETE, SURE,
        S (OPEN)},
  {"throttled", {COMPLETE, THROTTLED}, V (RETRY), ASK_COMPLETE, SURE,
        S (OPEN)},
  {"expired", {COMPLETE, EXPIRED}, V (RETRY), ASK_COMPLETE, SURE, S (OPEN)},

  /* An upload id that is unknown counts from the second time on. */
  {"unknown-once", {COMPLETE, NO_UPLOAD}, V (ASK), ASK_HEAD, SURE,
        S (LOOKING)},
  {"unknown-once-and-there", {COMPLETE, NO_UPLOAD, HEAD_OURS}, V (COMPLETE),
        ASK_NOTHING, SURE, S (THERE)},
  {"unknown-once-and-not-there", {COMPLETE, NO_UPLOAD, HEAD_NOTHING},
        V (COMPLETE_AGAIN), ASK_COMPLETE, SURE, S (OPEN)},
  {"unknown-once-and-complete", {COMPLETE, NO_UPLOAD, HEAD_NOTHING, COMPLETE,
        DONE}, V (COMPLETE), ASK_NOTHING, SURE, S (THERE)},
  {"gone", {GONE_TWICE}, V (ASK), ASK_HEAD, SURE, S (LAST_LOOKS)},
  {"gone-and-there", {GONE_TWICE, HEAD_OURS}, V (COMPLETE), ASK_NOTHING,
        SURE, S (THERE)},
  {"lost-gone-and-there", {COMPLETE, LOST, HEAD_REFUSED, COMPLETE, NO_UPLOAD,
        HEAD_REFUSED, COMPLETE, NO_UPLOAD, HEAD_OURS}, V (COMPLETE),
        ASK_NOTHING, SURE, S (THERE)},
  {"gone-and-one-look", {GONE_TWICE, HEAD_NOTHING}, V (LOOK_AGAIN), ASK_HEAD,
        SURE, S (LAST_LOOKS)},
  {"gone-for-good", {GONE_TWICE, HEAD_NOTHING, HEAD_OTHER, HEAD_NOTHING},
        V (GONE), ASK_NOTHING, SURE, S (GONE)},
  {"gone-and-no-head", {GONE_TWICE, HEAD_BROKEN, HEAD_BROKEN, HEAD_BROKEN,
        HEAD_BROKEN}, V (RETRY), ASK_HEAD, SURE, S (LAST_LOOKS)},

  /* Never a success without proof. */
  {"gone-and-refused", {GONE_TWICE, HEAD_REFUSED}, V (UNKNOWN), ASK_HEAD,
        SURE, S (LAST_LOOKS)},
  {"gone-and-bare", {GONE_TWICE, HEAD_BARE}, V (LOOK_AGAIN), ASK_HEAD, SURE,
        S (LAST_LOOKS)},
  {"gone-and-always-bare", {GONE_TWICE, HEAD_BARE, HEAD_BARE, HEAD_BARE},
        V (UNKNOWN), ASK_HEAD, SURE, S (LAST_LOOKS)},
  {"lost-gone-and-refused", {COMPLETE, LOST, HEAD_REFUSED, COMPLETE,
        NO_UPLOAD, HEAD_REFUSED, COMPLETE, NO_UPLOAD, HEAD_REFUSED},
        V (UNKNOWN), ASK_HEAD, UNSURE, S (LAST_LOOKS)},

  /* Refused for its ETags: ListParts is asked, once. */
  {"bad-part", {COMPLETE, BAD_PART}, V (ASK), ASK_LIST, SURE, S (LISTING)},
  {"bad-part-and-a-page", {COMPLETE, BAD_PART, PAGE}, V (ASK), ASK_LIST,
        SURE, S (LISTING)},
  {"bad-part-and-listed", {COMPLETE, BAD_PART, PAGE, LAST_PAGE}, V (ASK),
        ASK_COMPLETE, SURE, S (OPEN)},
  {"bad-part-and-compared", {COMPLETE, BAD_PART, COMPARED, COMPLETE,
        BAD_PART}, V (ASK), ASK_LIST, SURE, S (LISTING)},
  {"bad-part-twice", {COMPLETE, BAD_PART, LAST_PAGE, COMPLETE, BAD_PART},
        V (RETRY), ASK_COMPLETE, SURE, S (OPEN)},
  {"bad-part-and-no-list", {COMPLETE, BAD_PART, LIST_BROKEN}, V (RETRY),
        ASK_LIST, SURE, S (LISTING)},
  {"bad-part-and-list-refused", {COMPLETE, BAD_PART, LIST_REFUSED},
        V (REFUSED), ASK_LIST, SURE, S (LISTING)},

  /* OSS says that it is complete, and not what it is made of. */
  {"bare", {COMPLETE, DONE_BARE}, V (ASK), ASK_HEAD, UNSURE, S (CHECKING)},
  {"bare-and-ours", {COMPLETE, DONE_BARE, HEAD_OURS}, V (COMPLETE),
        ASK_NOTHING, SURE, S (THERE)},
  {"bare-and-other", {COMPLETE, DONE_BARE, HEAD_OTHER}, V (OTHER_BYTES),
        ASK_NOTHING, SURE, S (THERE)},
  {"bare-and-bare", {COMPLETE, DONE_BARE, HEAD_BARE}, V (UNVERIFIED),
        ASK_NOTHING, SURE, S (THERE)},
  {"bare-and-refused", {COMPLETE, DONE_BARE, HEAD_REFUSED}, V (UNVERIFIED),
        ASK_NOTHING, SURE, S (THERE)},
  {"bare-and-broken", {COMPLETE, DONE_BARE, HEAD_BROKEN, HEAD_BROKEN,
        HEAD_OURS}, V (COMPLETE), ASK_NOTHING, SURE, S (THERE)},
  /* It was not so. */
  {"bare-and-nothing", {COMPLETE, DONE_BARE, HEAD_NOTHING},
        V (COMPLETE_AGAIN), ASK_COMPLETE, SURE, S (OPEN)},

  /* PutObject is put again. */
  {"put-again", {COMPLETE, DONE_OTHER, COMPLETE, DONE}, V (COMPLETE),
        ASK_NOTHING, SURE, S (THERE)},
  {"put-again-in-vain", {COMPLETE, DONE_OTHER, COMPLETE, EXPIRED},
        V (RETRY), ASK_COMPLETE, UNSURE, S (OPEN)},

  /* What parts were told of the upload id. */
  {"lose", {LOSE}, V (ASK), ASK_NOTHING, SURE, S (GONE)},
  {"look-for-object", {LOOK_FOR_OBJECT}, V (ASK), ASK_HEAD, SURE,
        S (LAST_LOOKS)},
  {"look-for-object-and-there", {LOOK_FOR_OBJECT, HEAD_OURS}, V (COMPLETE),
        ASK_NOTHING, SURE, S (THERE)},
};

static GError *
new_error (GstIceErrorCode code, guint status, const gchar * service_code)
{
  GError *error = gst_ice_error_new (code, "failure");
  GstIceErrorDetails *details = gst_ice_error_get_details (error);

  details->http_status = status;
  details->code = g_strdup (service_code);

  return error;
}

/* The error of @event. (transfer full) */
static GError *
error_of (Event event)
{
  GError *error;

  switch (event) {
    case NOT_SENT:
      error = new_error (GST_ICE_ERROR_NETWORK, 0, NULL);
      gst_ice_error_get_details (error)->not_sent = TRUE;
      return error;
    case BROKEN:
    case HEAD_BROKEN:
    case LIST_BROKEN:
      return new_error (GST_ICE_ERROR_UNAVAILABLE, 500, "InternalError");
    case NONSENSE:
      return new_error (GST_ICE_ERROR_PROTOCOL, 200, NULL);
    case THROTTLED:
      return new_error (GST_ICE_ERROR_THROTTLED, 429, "QpsLimit");
    case EXPIRED:
      return new_error (GST_ICE_ERROR_TOKEN_EXPIRED, 403, NULL);
    case NO_UPLOAD:
      return new_error (GST_ICE_ERROR_NO_SUCH_UPLOAD, 404, "NoSuchUpload");
    case BAD_PART:
      return new_error (GST_ICE_ERROR_FAILED, 400, "InvalidPart");
    case HEAD_NOTHING:
      return new_error (GST_ICE_ERROR_NOT_FOUND, 404, NULL);
    case HEAD_REFUSED:
    case LIST_REFUSED:
      return new_error (GST_ICE_ERROR_NOT_AUTHORIZED, 403, "AccessDenied");
    default:
      return new_error (GST_ICE_ERROR_NETWORK, 0, NULL);
  }
}

/* Events of which nothing follows at once. */
static void
tell (GstIceInquiry * inquiry, Event event)
{
  switch (event) {
    case COMPLETE:
      gst_ice_inquiry_begin (inquiry);
      break;
    case CANCELLED:
    case CANCELLED_UNSENT:
      gst_ice_inquiry_cancelled (inquiry, event == CANCELLED);
      break;
    case COMPARED:
      gst_ice_inquiry_compared (inquiry);
      break;
    case LOSE:
      gst_ice_inquiry_lose (inquiry);
      break;
    case LOOK_FOR_OBJECT:
      gst_ice_inquiry_look_for_object (inquiry);
      break;
    default:
      g_assert_not_reached ();
  }
}

static GstIceVerdict
answer (GstIceInquiry * inquiry, Event event, gint64 now_us)
{
  g_autoptr (GError) error = error_of (event);

  switch (event) {
    case DONE:
      return gst_ice_inquiry_completed (inquiry, GST_ICE_PROOF_OURS);
    case DONE_OTHER:
      return gst_ice_inquiry_completed (inquiry, GST_ICE_PROOF_OTHER);
    case DONE_BARE:
      return gst_ice_inquiry_completed (inquiry, GST_ICE_PROOF_NONE);
    case HEAD_OURS:
      return gst_ice_inquiry_found (inquiry, GST_ICE_PROOF_OURS, now_us);
    case HEAD_OTHER:
      return gst_ice_inquiry_found (inquiry, GST_ICE_PROOF_OTHER, now_us);
    case HEAD_BARE:
      return gst_ice_inquiry_found (inquiry, GST_ICE_PROOF_NONE, now_us);
    case HEAD_NOTHING:
    case HEAD_BROKEN:
      return gst_ice_inquiry_head_failed (inquiry, error, FALSE, now_us);
    case HEAD_REFUSED:
      return gst_ice_inquiry_head_failed (inquiry, error, TRUE, now_us);
    case PAGE:
      return gst_ice_inquiry_listed (inquiry, 1000);
    case LAST_PAGE:
      return gst_ice_inquiry_listed (inquiry, 0);
    case LIST_BROKEN:
      return gst_ice_inquiry_list_failed (inquiry, FALSE);
    case LIST_REFUSED:
      return gst_ice_inquiry_list_failed (inquiry, TRUE);
    case LOST:
    case NOT_SENT:
    case BROKEN:
    case NONSENSE:
    case THROTTLED:
    case EXPIRED:
    case NO_UPLOAD:
    case BAD_PART:
      return gst_ice_inquiry_complete_failed (inquiry, error);
    default:
      tell (inquiry, event);
      return GST_ICE_VERDICT_ASK;
  }
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_auto (GstIceInquiry) inquiry = { GST_ICE_INQUIRY_OPEN, };
  GstIceVerdict verdict = GST_ICE_VERDICT_ASK;
  guint i;

  g_assert_cmpint (gst_ice_inquiry_get_next (&inquiry), ==, ASK_COMPLETE);
  for (i = 0; row->events[i] != END; i++)
    verdict = answer (&inquiry, row->events[i], i * SECONDS_APART);

  g_assert_cmpint (verdict, ==, row->verdict);
  g_assert_cmpint (inquiry.state, ==, row->state);
  g_assert_cmpint (gst_ice_inquiry_get_next (&inquiry), ==, row->next);
  g_assert_cmpint (gst_ice_inquiry_is_unsure (&inquiry), ==, row->unsure);
  g_assert_cmpint (gst_ice_inquiry_has_no_upload (&inquiry), ==,
      row->state == S (LAST_LOOKS) || row->state == S (GONE));

  gst_ice_inquiry_clear (&inquiry);
  g_assert_cmpint (gst_ice_inquiry_get_next (&inquiry), ==, ASK_COMPLETE);
  g_assert_false (gst_ice_inquiry_is_unsure (&inquiry));
}

/* Looks in quick succession settle nothing, however many there are. */
static void
check_quick_looks (Event look, GstIceVerdict last)
{
  g_auto (GstIceInquiry) inquiry = { GST_ICE_INQUIRY_OPEN, };
  guint i;

  answer (&inquiry, LOOK_FOR_OBJECT, 0);
  for (i = 0; i < 50; i++)
    g_assert_cmpint (answer (&inquiry, look, i * G_USEC_PER_SEC / 10), ==,
        GST_ICE_VERDICT_LOOK_AGAIN);
  g_assert_cmpint (answer (&inquiry, look, 6 * G_USEC_PER_SEC), ==, last);
}

static void
test_quick_looks (void)
{
  check_quick_looks (HEAD_NOTHING, GST_ICE_VERDICT_GONE);
  check_quick_looks (HEAD_OTHER, GST_ICE_VERDICT_GONE);
  check_quick_looks (HEAD_BARE, GST_ICE_VERDICT_UNKNOWN);
}

/* The page that comes next is told, and forgotten when it was the last. */
static void
test_pages (void)
{
  g_auto (GstIceInquiry) inquiry = { GST_ICE_INQUIRY_OPEN, };

  answer (&inquiry, COMPLETE, 0);
  answer (&inquiry, BAD_PART, 0);
  g_assert_cmpuint (inquiry.list_marker, ==, 0);
  answer (&inquiry, PAGE, 0);
  g_assert_cmpuint (inquiry.list_marker, ==, 1000);
  answer (&inquiry, LAST_PAGE, 0);
  g_assert_cmpuint (inquiry.list_marker, ==, 0);
}

/* What is not drawn is refused, from every state. */
static void
test_states (void)
{
  static const GstIceInquiryState undrawn[][2] = {
    {S (OPEN), S (THERE)},
    {S (OPEN), S (LOOKING)},
    {S (COMPLETING), S (GONE)},
    {S (LOOKING), S (COMPLETING)},
    {S (CHECKING), S (GONE)},
    {S (LISTING), S (THERE)},
    {S (LAST_LOOKS), S (OPEN)},
    {S (THERE), S (OPEN)},
    {S (GONE), S (THERE)},
  };
  GstIceInquiryState state;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (undrawn); i++) {
    state = undrawn[i][0];
    g_assert_false (gst_ice_inquiry_state_change (&state, state,
            undrawn[i][1]));
    g_assert_cmpint (state, ==, undrawn[i][0]);
  }

  state = S (OPEN);
  g_assert_false (gst_ice_inquiry_state_change (&state, S (COMPLETING),
          S (THERE)));
  g_assert_true (gst_ice_inquiry_state_change (&state, S (OPEN),
          S (COMPLETING)));
}

int
main (int argc, char **argv)
{
  guint i;

  g_test_init (&argc, &argv, NULL);

  for (i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/inquiry/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  g_test_add_func ("/inquiry/quick-looks", test_quick_looks);
  g_test_add_func ("/inquiry/pages", test_pages);
  g_test_add_func ("/inquiry/states", test_states);

  return g_test_run ();
}
