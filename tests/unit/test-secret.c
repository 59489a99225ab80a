/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Secrets are gone from memory once they are dropped.
 *
 * The test reads its own memory through /proc: what an attacker with a core
 * dump would do. The needle is kept in a disguise that the search cannot
 * find. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/secret.h"
#include "credentials/identity.h"

#define DISGUISE 0x55
#define NEEDLE_SIZE 48

/* An allocator writes over the first bytes of what it takes back, and a test
 * must not pass because of that. */
#define LOOK_FROM 24

static guint8 needle[NEEDLE_SIZE];

static void
choose_needle (void)
{
  gsize i;

  for (i = 0; i < NEEDLE_SIZE; i++)
    needle[i] = (guint8) g_test_rand_int_range ('a', 'z' + 1) ^ DISGUISE;
}

/* The needle in the clear, on the heap. */
static gchar *
create_secret_text (void)
{
  gchar *text = g_malloc (NEEDLE_SIZE + 1);
  gsize i;

  for (i = 0; i < NEEDLE_SIZE; i++)
    text[i] = needle[i] ^ DISGUISE;
  text[NEEDLE_SIZE] = '\0';

  return text;
}

static gboolean
matches (const guint8 * data)
{
  gsize i;

  for (i = LOOK_FROM; i < NEEDLE_SIZE; i++) {
    if ((data[i - LOOK_FROM] ^ DISGUISE) != needle[i])
      return FALSE;
  }

  return TRUE;
}

/* How often the needle stands between two addresses. What is read lies outside
 * the heap, so as not to be found itself; each block ends where the next one
 * still finds a needle that lies across. */
static guint
count_between (gint memory, guint64 first, guint64 last)
{
  static guint8 block[64 * 1024];
  const gsize length = NEEDLE_SIZE - LOOK_FROM;
  guint count = 0;

  while (first + length <= last) {
    gssize size = pread (memory, block, MIN (sizeof (block), last - first),
        first);
    gssize i;

    if (size < (gssize) length)
      break;
    for (i = 0; i + (gssize) length <= size; i++)
      count += matches (block + i) ? 1 : 0;
    first += i;
  }

  return count;
}

/* How often the needle stands in the process's heap; -1 if nobody knows. */
static gint
count_in_heap (void)
{
  g_autofree gchar *maps = NULL;
  g_auto (GStrv) lines = NULL;
  gint memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  gint count = -1;
  guint i;

  if (memory < 0)
    return -1;

  g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL);
  lines = g_strsplit (maps != NULL ? maps : "", "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    gchar *end;
    guint64 first = g_ascii_strtoull (lines[i], &end, 16);

    if (*end == '-' && strstr (lines[i], "[heap]") != NULL)
      count = MAX (count, 0) + count_between (memory, first,
          g_ascii_strtoull (end + 1, NULL, 16));
  }
  close (memory);

  return count;
}

static gboolean
can_look (void)
{
  gchar *text = create_secret_text ();
  gint count = count_in_heap ();

  gst_ice_secret_free_string (text);
  if (count > 0)
    return TRUE;

  g_test_skip ("the heap of this process cannot be searched");

  return FALSE;
}

static void
test_string (void)
{
  gchar *texts[20];
  guint i;

  if (!can_look ())
    return;

  /* So many that not all of them are written over by chance. */
  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    texts[i] = create_secret_text ();
  g_assert_cmpint (count_in_heap (), ==, G_N_ELEMENTS (texts));
  for (i = 0; i < G_N_ELEMENTS (texts); i++)
    gst_ice_secret_free_string (texts[i]);
  g_assert_cmpint (count_in_heap (), ==, 0);

  gst_ice_secret_free_string (NULL);
}

static void
test_secret (void)
{
  g_autoptr (GstIceSecret) secret = NULL;
  GstIceSecret *other;
  gchar *text;

  if (!can_look ())
    return;

  text = create_secret_text ();
  secret = gst_ice_secret_new (text);
  g_assert_cmpstr (gst_ice_secret_peek (secret), ==, text);
  gst_ice_secret_free_string (text);

  other = gst_ice_secret_ref (secret);
  g_clear_pointer (&secret, gst_ice_secret_unref);
  g_assert_cmpint (count_in_heap (), ==, 1);
  gst_ice_secret_unref (other);
  g_assert_cmpint (count_in_heap (), ==, 0);
}

static void
test_identity (void)
{
  GstIceIdentity *identity;
  gchar *text;

  if (!can_look ())
    return;

  text = create_secret_text ();
  identity = gst_ice_identity_new ("id", text, text);
  gst_ice_secret_free_string (text);
  g_assert_cmpint (count_in_heap (), ==, 2);
  gst_ice_identity_unref (identity);
  g_assert_cmpint (count_in_heap (), ==, 0);
}

static void
test_empty (void)
{
  g_assert_null (gst_ice_secret_new (NULL));
  g_assert_null (gst_ice_secret_new (""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  choose_needle ();

  g_test_add_func ("/secret/wipes-strings", test_string);
  g_test_add_func ("/secret/wipes-itself-with-the-last-reference",
      test_secret);
  g_test_add_func ("/secret/is-wiped-with-its-identity", test_identity);
  g_test_add_func ("/secret/is-never-empty", test_empty);

  return g_test_run ();
}
