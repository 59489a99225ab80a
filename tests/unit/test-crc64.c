/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* CRC-64 against the values of OSS's own C SDK, and against the definition. */

#include "common/crc64.h"

#include <string.h>

#include "vectors.h"

/* Contents of the vectors seen so far, by id; combinations name them. */
static GHashTable *contents;

static guint64
parse (const gchar * decimal)
{
  guint64 value;

  g_assert_nonnull (decimal);
  g_assert_true (g_ascii_string_to_unsigned (decimal, 10, 0, G_MAXUINT64,
          &value, NULL));

  return value;
}

static GBytes *
decode_hex (const gchar * hex)
{
  gsize size = strlen (hex) / 2;
  guint8 *data = g_malloc (size + 1);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = g_ascii_xdigit_value (hex[2 * i]) << 4 |
        g_ascii_xdigit_value (hex[2 * i + 1]);

  return g_bytes_new_take (data, size);
}

static GBytes *
generate (JsonObject * generator, gsize size)
{
  guint64 a = json_object_get_int_member (generator, "a");
  guint64 b = json_object_get_int_member (generator, "b");
  guint8 *data = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    data[i] = (i * a + b) & 255;

  return g_bytes_new_take (data, size);
}

static void
check_value (const gchar * id, JsonObject * vector)
{
  const gchar *hex = vector_get_string (vector, "data_hex");
  gsize length = json_object_get_int_member (vector, "length");
  guint64 expected = parse (vector_get_string (vector, "crc64"));
  GBytes *bytes = hex != NULL ? decode_hex (hex) :
      generate (json_object_get_object_member (vector, "generator"), length);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_assert_cmpuint (size, ==, length);
  g_assert_cmpuint (gst_ice_crc64_update (0, data, size), ==, expected);
  g_assert_cmpuint (gst_ice_crc64_update_portable (0, data, size), ==,
      expected);

  g_hash_table_insert (contents, g_strdup (id), bytes);
}

static void
test_values (void)
{
  vectors_foreach ("crc64.json", "values", 36, check_value);
}

static void
check_combination (const gchar * id, JsonObject * vector)
{
  guint64 crc_a = parse (vector_get_string (vector, "crc_a"));
  guint64 crc_b = parse (vector_get_string (vector, "crc_b"));
  guint64 len_b = json_object_get_int_member (vector, "len_b");

  g_assert_cmpuint (gst_ice_crc64_combine (crc_a, crc_b, len_b), ==,
      parse (vector_get_string (vector, "crc_ab")));

  /* The longest ones are runs of zeroes that nobody holds in memory. */
  if (strstr (vector_get_string (vector, "b"), "zero bytes") != NULL) {
    g_assert_cmpuint (gst_ice_crc64_update_zeroes (0, len_b), ==, crc_b);
    g_assert_cmpuint (gst_ice_crc64_update_zeroes (crc_a, len_b), ==,
        parse (vector_get_string (vector, "crc_ab")));
  }
}

static void
test_combine (void)
{
  vectors_foreach ("crc64.json", "combine", 17, check_combination);
}

static void
check_sequence (const gchar * id, JsonObject * vector)
{
  JsonArray *parts = json_object_get_array_member (vector, "parts");
  guint64 crc = 0;
  guint i;

  for (i = 0; i < json_array_get_length (parts); i++) {
    GBytes *bytes = g_hash_table_lookup (contents,
        json_array_get_string_element (parts, i));
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    crc = gst_ice_crc64_combine (crc, gst_ice_crc64_update (0, data, size),
        size);
  }

  g_assert_cmpuint (crc, ==, parse (vector_get_string (vector, "crc64")));
}

static void
test_sequence (void)
{
  vectors_foreach ("crc64.json", "values", 36, check_value);
  vectors_foreach ("crc64.json", "sequence", 1, check_sequence);
}

static void
check_resume (const gchar * id, JsonObject * vector)
{
  GBytes *a = g_hash_table_lookup (contents, vector_get_string (vector, "a"));
  GBytes *b = g_hash_table_lookup (contents, vector_get_string (vector, "b"));
  guint64 expected = parse (vector_get_string (vector, "crc64"));
  gsize size_a, size_b;
  const guint8 *data_a = g_bytes_get_data (a, &size_a);
  const guint8 *data_b = g_bytes_get_data (b, &size_b);

  g_assert_cmpuint (gst_ice_crc64_update (gst_ice_crc64_update (0, data_a,
              size_a), data_b, size_b), ==, expected);
  g_assert_cmpuint (gst_ice_crc64_update_portable
      (gst_ice_crc64_update_portable (0, data_a, size_a), data_b, size_b), ==,
      expected);
}

static void
test_resume (void)
{
  vectors_foreach ("crc64.json", "values", 36, check_value);
  vectors_foreach ("crc64.json", "resume", 1, check_resume);
}

/* One bit at a time, as the standard writes it down. */
static guint64
crc64_by_definition (const guint8 * data, gsize size)
{
  guint64 crc = G_MAXUINT64;
  guint bit;

  for (; size > 0; size--, data++) {
    crc ^= *data;
    for (bit = 0; bit < 8; bit++)
      crc = (crc >> 1) ^ (crc & 1 ? 0xc96c5795d7870f42 : 0);
  }

  return ~crc;
}

static void
test_alignment (void)
{
  guint8 data[80];
  gsize start, size;

  for (start = 0; start < sizeof (data); start++)
    data[start] = g_test_rand_int ();

  for (start = 0; start < 16; start++) {
    for (size = 0; size <= sizeof (data) - start; size++) {
      guint64 expected = crc64_by_definition (data + start, size);

      g_assert_cmpuint (gst_ice_crc64_update_portable (0, data + start,
              size), ==, expected);
      g_assert_cmpuint (gst_ice_crc64_update (0, data + start, size), ==,
          expected);
    }
  }
}

/* Libraries go another way every 16, 128 or 256 bytes. */
static void
test_lengths (void)
{
  guint8 data[2100];
  guint64 crc = g_test_rand_int ();
  gsize size;

  for (size = 0; size < sizeof (data); size++)
    data[size] = g_test_rand_int ();
  for (size = 0; size <= sizeof (data); size++)
    g_assert_cmpuint (gst_ice_crc64_update (crc, data, size), ==,
        gst_ice_crc64_update_portable (crc, data, size));
}

static void
test_zeroes (void)
{
  static const guint8 zeroes[300];
  guint64 crc = g_test_rand_int ();
  gsize size;

  for (size = 0; size <= sizeof (zeroes); size++)
    g_assert_cmpuint (gst_ice_crc64_update_zeroes (crc, size), ==,
        gst_ice_crc64_update_portable (crc, zeroes, size));
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  contents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_bytes_unref);

  g_test_add_func ("/crc64/equals-oss-for-all-vectors", test_values);
  g_test_add_func ("/crc64/combines-two-sums", test_combine);
  g_test_add_func ("/crc64/combines-parts-in-order", test_sequence);
  g_test_add_func ("/crc64/continues-a-sum", test_resume);
  g_test_add_func ("/crc64/is-right-at-any-alignment", test_alignment);
  g_test_add_func ("/crc64/is-right-at-any-length", test_lengths);
  g_test_add_func ("/crc64/skips-over-zeroes", test_zeroes);

  result = g_test_run ();
  g_hash_table_unref (contents);

  return result;
}
