/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* An answer of HTTP out of hostile bytes. */

#pragma once

#include "http/http-client.h"

/* The status line, headers, an empty line, the body. NULL if libsoup takes the
 * head for none. (transfer full) (nullable) */
GstIceHttpResponse *fuzz_answer_new (const guint8 * data, gsize size);

/* What was read of the headers is what it says it is. */
void fuzz_answer_check (const GstIceHttpResponse * response);
