/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Faults that strike where there is no request: nobody takes the connection,
 * or takes it and says nothing, the name can't be resolved, the certificate is
 * another's.
 *
 * One waits, in a thread of its own, for the first request of an operation, of
 * which the emulator has to be told to reset them all. From then on that fault
 * is lifted, every connection is gone, and the network's own fault is there: for
 * a while, or for good. */

#pragma once

#include "tls-trial.h"

typedef enum
{
  NETWORK_FAULT_REFUSED,
  NETWORK_FAULT_UNANSWERED,
  NETWORK_FAULT_UNRESOLVED,
  NETWORK_FAULT_DISTRUSTED,
} NetworkFaultKind;

/* TRUE if the fault needs a TlsTrial, for its names and certificates. */
gboolean network_fault_needs_tls (NetworkFaultKind kind);

typedef struct _NetworkFault NetworkFault;

/* @tls: NULL where none is needed. */
NetworkFault *network_fault_new (NetworkFaultKind kind, Trial * trial,
    TlsTrial * tls, IceEmulatorOperation operation, gboolean for_good);

/* Once the trial has ended. FALSE if the fault has not struck. */
gboolean network_fault_free (NetworkFault * fault);
