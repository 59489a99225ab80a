/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* How a response is made from libsoup's message. Its readers use
 * http-client.h alone. */

#pragma once

#include <libsoup/soup.h>

#include "http/http-client.h"

/* Status and headers of @message, which has got them; the body is empty.
 * (transfer full) */
GstIceHttpResponse *gst_ice_http_response_new (SoupMessage * message,
    gint64 received_us);

/* @body: (transfer full): one zero byte stands behind its end */
void gst_ice_http_response_take_body (GstIceHttpResponse * response,
    GByteArray * body);
