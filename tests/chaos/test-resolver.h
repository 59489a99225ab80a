/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Name resolution in the hand of a test: names under `.test` are this machine,
 * unless the test says that they can't be resolved; there are no others. */

#pragma once

#include <glib.h>

/* Takes the place of the system's resolver in this process. */
void test_resolver_install (void);

/* The next @n lookups of a name that ends with @suffix fail, whatever becomes
 * of other names. */
void test_resolver_fail (const gchar * suffix, guint n);

/* How many of those have failed so far. */
guint test_resolver_count_failed (const gchar * suffix);
