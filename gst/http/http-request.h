/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* What a request is made of, for those who send it. Its makers use
 * http-client.h alone. */

#pragma once

#include "http/http-client.h"

typedef struct
{
  gchar *name;          /* (owned) as given */
  gchar *value;         /* (owned) wiped when freed */
} GstIceHttpHeader;

struct _GstIceHttpRequest
{
  const gchar *method;
  GstIceEndpoint *endpoint;     /* (owned) */
  gchar *host_name;             /* (owned): to connect to, no port, no [] */
  gchar *host;                  /* (owned): the Host header */
  gchar *target;                /* (owned) */
  GArray *headers;              /* (owned) (element-type GstIceHttpHeader) */
  GPtrArray *body;              /* (owned) (nullable) (element-type GBytes) */
  GInputStream *body_stream;    /* (owned) (nullable): instead of body */
  guint64 body_size;
  gint64 timeout_us;
  gsize response_limit;
  GstIceHttpProgressFunc progress;
  gpointer progress_data;
};

/* The target up to its query, for logs: a query may carry a signature.
 * (transfer full) */
gchar *gst_ice_http_request_dup_path (const GstIceHttpRequest * request);
