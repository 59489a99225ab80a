/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* A change of state that is not drawn is told, and one that is drawn is not. */

#include "common/state.h"

static void
test_check (void)
{
  g_assert_true (gst_ice_state_check (TRUE, "door", 1, 2, 2));

  g_test_expect_message ("icesink", G_LOG_LEVEL_CRITICAL,
      "door: no way from 1 to 2, it is 3");
  g_assert_false (gst_ice_state_check (FALSE, "door", 1, 2, 3));
  g_test_assert_expected_messages ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/tells-what-is-not-drawn", test_check);

  return g_test_run ();
}
