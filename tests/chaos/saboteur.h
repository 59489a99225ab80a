/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers
 */
/* Faults that strike where there is no request: nobody takes the connection,
 * or takes it and says nothing, the name can't be resolved, the certificate is
 * another's.
 *
 * The saboteur waits, in a thread of its own, for the first request of an
 * operation, of which the emulator has to be told to reset them all. From then
 * on that fault is lifted, every connection is gone, and the network's own
 * fault is there: for a while, or for good. */

#pragma once

#include "site.h"

G_BEGIN_DECLS

typedef enum
{
  SABOTAGE_REFUSED,
  SABOTAGE_UNANSWERED,
  SABOTAGE_UNRESOLVED,
  SABOTAGE_DISTRUSTED,
} Sabotage;

/* TRUE if the fault needs a site, for its names and certificates. */
gboolean sabotage_needs_site (Sabotage sabotage);

typedef struct _Saboteur Saboteur;

/* @site: NULL where none is needed. */
Saboteur *saboteur_new (Sabotage sabotage, Trial * trial, Site * site,
    IceEmulatorOperation operation, gboolean for_good);

/* Once the trial has ended. FALSE if the fault has not struck. */
gboolean saboteur_free (Saboteur * saboteur);

G_END_DECLS
