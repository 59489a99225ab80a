/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* For tests that can't be had under ThreadSanitizer. */

#pragma once

#ifndef __has_feature
#define __has_feature(name) 0
#endif

#if defined (__SANITIZE_THREAD__) || __has_feature (thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#else
#define HAS_THREAD_SANITIZER 0
#endif
