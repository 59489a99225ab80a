/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Threads that work through a list of things side by side.
 *
 * A GThreadPool would do, but nobody can wait for the end of its threads. One
 * that used OpenSSL and ends while the process exits makes OpenSSL free twice
 * what it kept for that thread. */

#pragma once

#include <glib.h>

typedef struct _WorkThreads WorkThreads;

/* Runs on: one of the threads. @index: of the thing, from 0 on */
typedef void (*WorkFunc) (guint index, gpointer user_data);

/* Starts @n_threads, which call @func for each of @n_things once, in order. */
WorkThreads *work_threads_new (guint n_threads, guint n_things, WorkFunc func,
    gpointer user_data);

/* Waits until all is done and the threads have ended. */
void work_threads_join (WorkThreads * threads);
