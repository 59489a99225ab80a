/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Types whose references are counted. */

#pragma once

#include <glib.h>

/* Declares prefix_ref() and prefix_unref() of @Type, for any thread unless its
 * header says otherwise, and makes it fit for g_autoptr(). */
#define GST_ICE_DECLARE_COUNTED(Type, prefix) \
    Type *prefix##_ref (Type * self); \
    void prefix##_unref (Type * self); \
    G_DEFINE_AUTOPTR_CLEANUP_FUNC (Type, prefix##_unref)

/* Defines prefix_ref() and prefix_unref() of @Type, which counts in a member
 * `gatomicrefcount ref_count`. The last reference calls @finalize. */
#define GST_ICE_DEFINE_COUNTED(Type, prefix, finalize) \
    Type * \
    prefix##_ref (Type * self) \
    { \
      g_atomic_ref_count_inc (&self->ref_count); \
      return self; \
    } \
    \
    void \
    prefix##_unref (Type * self) \
    { \
      if (g_atomic_ref_count_dec (&self->ref_count)) \
        finalize (self); \
    }
