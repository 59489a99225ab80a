/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer of ICE, taken apart.
 *
 * Private to this folder. Nothing in it is fit to be shown yet. */

#pragma once

#include <json-glib/json-glib.h>

#include "http/http-client.h"

typedef struct
{
  guint status;          /* HTTP status */
  JsonNode *json;        /* (owned) (nullable) the body, if it is a JSON
                          * object */
  gchar *code;           /* (owned) (nullable) of an error, as it came */
  gchar *message;        /* (owned) (nullable) of an error, as it came */
  gchar *request_id;     /* (owned) (nullable) from the body or a header */
  gchar *server_time;    /* (owned) (nullable) ServerTime, of a refusal for the
                          * time */
  gboolean is_foreign;   /* nothing in it is the service's */
  gint64 date_us;        /* the Date header, or -1 */
  gint64 received_us;    /* monotonic time of receipt */
  gint64 retry_after_us; /* what the service asks for, or -1 */
} GstIceAnswer;

/* Takes the body out of @response and wipes it. (transfer full) */
GstIceAnswer *gst_ice_answer_new (GstIceHttpResponse * response);
void gst_ice_answer_free (GstIceAnswer * answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstIceAnswer, gst_ice_answer_free)
