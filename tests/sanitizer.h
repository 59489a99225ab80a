/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* For tests that can't be had under a sanitizer. */

#pragma once

#ifndef __has_feature
#define __has_feature(name) 0
#endif

#if defined (__SANITIZE_THREAD__) || __has_feature (thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#else
#define HAS_THREAD_SANITIZER 0
#endif

/* Either of them reserves terabytes of addresses, so that no limit can be set. */
#if HAS_THREAD_SANITIZER || defined (__SANITIZE_ADDRESS__) \
    || __has_feature (address_sanitizer)
#define RESERVES_ADDRESSES 1
#else
#define RESERVES_ADDRESSES 0
#endif
