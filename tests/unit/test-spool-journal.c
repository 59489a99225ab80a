/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Journals that are not what they should be: torn, damaged, somebody else's.
 * What is refused is left as it was. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <gst/gst.h>

#include "common/crc64.h"
#include "recording/spool-journal.h"
#include "spool-fixture.h"

static const GstIcePartPlan plan = { PART_SIZE, 2 * PART_SIZE };

/* Where the last line of @text begins. */
static gsize
find_last_line (const gchar * text, gsize size)
{
  gsize at = size - 1;

  while (at > 0 && text[at - 1] != '\n')
    at--;

  return at;
}

/* ---- torn ---- */

/* The last line of the journal is that of part 3. */
static void
assert_torn (SpoolFixture * fixture, const gchar * text, gsize whole)
{
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  const GstIceSpoolLeft *left = gst_ice_spool_get_left (spool);

  g_assert_cmpuint (left->parts->len, ==, 2);
  assert_part (left, 2, PART_SIZE, PART_SIZE, TRUE);
  spool_fixture_assert_journal (fixture, text, whole);

  gst_ice_spool_note_part (spool, 3, 2 * PART_SIZE, 100);
  gst_ice_spool_flush (spool);
}

static void
assert_whole (SpoolFixture * fixture)
{
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);

  assert_left (gst_ice_spool_get_left (spool));
}

static void
test_torn_line (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *text = NULL;
  gsize size, last, cut;

  spool_fixture_record (fixture);
  text = spool_fixture_read_journal (fixture, &size);
  last = find_last_line (text, size);

  for (cut = last; cut < size; cut++) {
    spool_fixture_write_journal (fixture, text, cut);
    assert_torn (fixture, text, last);
    assert_whole (fixture);
  }
}

/* What file systems make of a file that was growing. */
static void
test_torn_blocks (void)
{
  const gchar fillings[] = { '\0', 'a', '\xff' };
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *text = NULL;
  gsize size, last;
  guint i;

  spool_fixture_record (fixture);
  text = spool_fixture_read_journal (fixture, &size);
  last = find_last_line (text, size);

  for (i = 0; i < G_N_ELEMENTS (fillings); i++) {
    g_autofree gchar *torn = g_memdup2 (text, size);

    /* With the newline at its end, and without. */
    memset (torn + last + 20, fillings[i], size - last - 21);
    spool_fixture_write_journal (fixture, torn, size);
    assert_torn (fixture, text, last);
    torn[size - 1] = fillings[i];
    spool_fixture_write_journal (fixture, torn, size);
    assert_torn (fixture, text, last);
  }
}

/* The journal is @text: nothing is left, and the next run begins. */
static void
assert_begins_anew (SpoolFixture * fixture, const gchar * text, gsize size)
{
  GstIceSpool *spool;

  spool_fixture_write_journal (fixture, text, size);
  spool = spool_fixture_open (fixture);
  g_assert_null (gst_ice_spool_get_left (spool));
  gst_ice_spool_note_run (spool, 5, &plan);
  gst_ice_spool_flush (spool);
  gst_ice_spool_unref (spool);

  spool = spool_fixture_open (fixture);
  g_assert_cmpuint (gst_ice_spool_get_left (spool)->base, ==, 5);
  gst_ice_spool_unref (spool);
}

/* Cut, or with blocks that never came to the disk. */
static void
test_torn_header (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *text = gst_ice_spool_line_header (MEDIA_ID,
      g_get_real_time ());
  gsize size = strlen (text), cut;

  gst_ice_spool_unref (spool_fixture_open (fixture));
  for (cut = 0; cut <= size; cut++)
    assert_begins_anew (fixture, text, cut);
  while (size > 0) {
    text[--size] = '\0';
    assert_begins_anew (fixture, text, size + 1);
  }
}

/* ---- damaged ---- */

/* Opening is refused, and nothing has changed. */
static void
refuse (SpoolFixture * fixture, const gchar * words)
{
  g_autofree gchar *before = NULL;
  gsize size;

  before = spool_fixture_read_journal (fixture, &size);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, words);
  spool_fixture_assert_journal (fixture, before, size);
}

/* Every byte that is not of the last line; without its newline, the line
 * before would be part of it. */
static void
test_damage (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *text = NULL;
  gsize size, header, last, at;

  spool_fixture_record (fixture);
  text = spool_fixture_read_journal (fixture, &size);
  header = strchr (text, '\n') - text;
  last = find_last_line (text, size);

  for (at = 0; at < last - 1; at++) {
    text[at] ^= 1;
    spool_fixture_write_journal (fixture, text, size);
    refuse (fixture, at <= header ? "not made by icesink" : "damaged");
    text[at] ^= 1;
  }

  spool_fixture_write_journal (fixture, text, size);
  assert_whole (fixture);
}

static void
test_lost_lines (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = NULL;

  spool_fixture_record (fixture);
  spool_fixture_write_journal (fixture, "", 0);
  refuse (fixture, "no journal");

  path = spool_fixture_get_path (fixture, "journal");
  g_assert_cmpint (g_remove (path), ==, 0);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "no journal");
}

/* Lines behind a good journal, with the right sums, that can't be true. */
static void
test_lies (void)
{
  static const struct
  {
    const gchar *json;
    const gchar *words;
  } lies[] = {
    {"{}", "no known kind"},
    {"{\"note\":1}", "no known kind"},
    {"{\"note\":\"other\"}", "no known kind"},
    {"{\"note\":\"run\"}", "base"},
    {"{\"note\":\"run\",\"base\":-1}", "base"},
    {"{\"note\":\"run\",\"base\":9223372036854775807}", "base"},
    {"{\"note\":\"run\",\"base\":18446744073709551615}", "base"},
    {"{\"note\":\"run\",\"base\":\"0\"}", "base"},
    {"{\"note\":\"run\",\"base\":0.5}", "base"},
    {"{\"note\":\"run\",\"base\":[0]}", "base"},
    {"{\"note\":\"run\",\"base\":0,\"part-size\":1}", "part-size"},
    {"{\"note\":\"run\",\"base\":0,\"part-size\":204800,"
          "\"max-part-size\":204799}", "max-part-size"},
    {"{\"note\":\"run\",\"base\":0,\"part-size\":204800,"
          "\"max-part-size\":5368709121}", "max-part-size"},
    {"{\"note\":\"format\",\"caps\":1}", "caps"},
    {"{\"note\":\"format\",\"caps\":\"\"}", "caps"},
    {"{\"note\":\"upload\",\"upload-id\":{}}", "upload-id"},
    {"{\"note\":\"part\",\"number\":0,\"offset\":0,\"size\":1}", "number"},
    {"{\"note\":\"part\",\"number\":10001,\"offset\":0,\"size\":1}",
        "number"},
    {"{\"note\":\"part\",\"number\":4294967297,\"offset\":0,\"size\":1}",
        "number"},
    {"{\"note\":\"part\",\"number\":4,\"offset\":-1,\"size\":1}", "offset"},
    {"{\"note\":\"part\",\"number\":4,\"offset\":204900,\"size\":0}",
        "size"},
    {"{\"note\":\"part\",\"number\":4,\"offset\":204900,"
          "\"size\":5368709121}", "size"},
    {"{\"note\":\"part\",\"number\":1,\"offset\":1,\"size\":1}",
        "begin at 0"},
    {"{\"note\":\"part\",\"number\":2,\"offset\":0,\"size\":1}",
        "no room"},
    {"{\"note\":\"part\",\"number\":4,\"offset\":20000000000,\"size\":1}",
        "too much"},
    {"{\"note\":\"part\",\"number\":5,\"offset\":20000000000,\"size\":1}",
        "no room"},
    {"{\"note\":\"part\",\"number\":10000,\"offset\":204910,\"size\":1}",
        "no room"},
    {"{\"note\":\"arrived\",\"number\":2,\"size\":1}", "crc64"},
    {"{\"note\":\"arrived\",\"number\":2,\"size\":1,\"crc64\":1}", "crc64"},
    {"{\"note\":\"arrived\",\"number\":2,\"size\":1,"
          "\"crc64\":\"-00000000000001\"}", "crc64"},
    {"{\"note\":\"arrived\",\"number\":2,\"size\":1,"
          "\"crc64\":\"00000000000000001\"}", "crc64"},
    {"{\"note\":\"freed\"}", "number"},
    {"{\"note\":\"cut\",\"size\":-1}", "size"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lies); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();

    spool_fixture_record (fixture);
    spool_fixture_append_line (fixture, lies[i].json);
    refuse (fixture, lies[i].words);
  }
}

/* ---- parts that are too small ---- */

#define CUT(size) "{\"note\":\"cut\",\"size\":" #size "}"
#define FREED(number) "{\"note\":\"freed\",\"number\":" #number "}"
#define PART(number, offset, size) "{\"note\":\"part\",\"number\":" #number \
    ",\"offset\":" #offset ",\"size\":" #size "}"

/* What runs may have noted, one on top of the other, and the sizes that come of
 * it. Parts 1 and 2 of the fixture have 102400 bytes each, part 3 has 100. */
static const struct
{
  const gchar *notes[5];
  guint64 sizes[9];
} tilings[] = {
  /* The newest run says where it ended. */
  {{PART (3, 204800, 300000), PART (4, 504800, 10)},
      {102400, 102400, 300000, 10}},
  /* A cut through part 3; the next run fills it anew, and notes part 7 first. */
  {{CUT (204850), PART (7, 804800, 150000)},
      {102400, 102400, 150000, 150000, 150000, 150000, 150000}},
  /* The same without a cut: 100 bytes can't be right. */
  {{PART (7, 804800, 150000)},
      {102400, 102400, 150000, 150000, 150000, 150000, 150000}},
  /* A cut behind it keeps none that is too small to be followed. */
  {{CUT (204900)}, {102400, 102400}},
  /* A size of another run would leave too little for part 4. */
  {{PART (3, 204800, 400000), PART (5, 664800, 10)},
      {102400, 102400, 230000, 230000, 10}},
  {{PART (3, 204800, 400000), PART (4, 504800, 10)},
      {102400, 102400, 300000, 10}},
  /* What is too small takes from its neighbours. */
  {{PART (2, 60000, 144800)}, {102400, 102400, 100}},
  {{PART (3, 204800, 60000), PART (4, 264800, 300000), PART (5, 564800, 10)},
      {102400, 102400, 180000, 180000, 10}},
  {{PART (3, 204800, 300000), PART (4, 504800, 99), PART (5, 504899, 102400),
          PART (6, 607299, 400000)},
      {102400, 102400, 300000, 167499, 167499, 167501}},
  /* At the end, the next run divides it. */
  {{PART (3, 204800, 99), PART (4, 204899, 99)}, {102400, 102400}},
  /* What is at the service alone stays as it is. */
  {{FREED (2), PART (3, 204800, 99), PART (4, 204899, 210000)},
      {102400, 102400, 105049, 105050}},
  {{FREED (2), PART (1, 0, 50)}, {102400, 102400, 100}},
  {{PART (1, 0, 300000), PART (2, 300000, 50), PART (3, 300050, 102400),
          FREED (3)}, {150025, 150025, 102400}},
  /* What was cut while it was being given up is there no more. */
  {{FREED (9)}, {102400, 102400, 100}},
  /* The newer line counts, also if nothing is left of what was last. */
  {{PART (4, 102300, 200000)}, {0}},
  {{PART (4, 204900, 200), PART (3, 300000, 50)}, {102400, 197600, 50}},
};

static void
assert_sizes (const GstIceSpoolLeft * left, const guint64 * sizes)
{
  guint64 offset = 0;
  guint i;

  for (i = 0; i < left->parts->len; i++) {
    const GstIceSpoolPart *part = spool_part (left, i + 1);

    g_assert_cmpuint (part->offset, ==, offset);
    g_assert_cmpuint (part->size, ==, sizes[i]);
    offset += part->size;
  }
  g_assert_cmpuint (sizes[i], ==, 0);
}

static void
test_small_parts (void)
{
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (tilings); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
    g_autoptr (GstIceSpool) spool = NULL;

    g_test_message ("row %u", i);
    spool_fixture_record (fixture);
    for (j = 0; tilings[i].notes[j] != NULL; j++)
      spool_fixture_append_line (fixture, tilings[i].notes[j]);
    spool = spool_fixture_open (fixture);
    assert_sizes (gst_ice_spool_get_left (spool), tilings[i].sizes);
  }
}

/* What is at the service alone can't have been divided otherwise. */
static void
test_freed_parts (void)
{
  const gchar *lies[] = { PART (3, 204799, 5), PART (1, 102401, 5),
    PART (3, 204801, 5)
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (lies); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();

    spool_fixture_record (fixture);
    spool_fixture_append_line (fixture, FREED (2));
    spool_fixture_append_line (fixture, lies[i]);
    refuse (fixture, i < 2 ? "overlap" : "does not begin");
  }
}

/* The first line says it all. */
static void
test_headers (void)
{
  static const struct
  {
    const gchar *json;
    const gchar *words;
  } headers[] = {
    {"{\"icesink-spool\":2,\"media-id\":\"media-1\",\"created\":1,\"a\":0}",
        "another version"},
    {"{\"icesink-spool\":0,\"media-id\":\"media-1\",\"created\":1}",
        "another version"},
    {"{\"icesink-spool\":1,\"media-id\":\"media-2\",\"created\":1}",
        "another media id"},
    {"{\"icesink-spool\":1,\"created\":1}", "another media id"},
    {"{\"icesink-spool\":1,\"media-id\":\"media-1\",\"created\":-1}",
        "created"},
    {"{\"icesink-spool\":\"1\",\"media-id\":\"media-1\",\"created\":1}",
        "not made by icesink"},
    {"{\"note\":\"run\"}", "not made by icesink"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autoptr (SpoolFixture) fixture = spool_fixture_new ();

    gst_ice_spool_unref (spool_fixture_open (fixture));
    spool_fixture_append_line (fixture, headers[i].json);
    refuse (fixture, headers[i].words);
  }
}

static void
test_order (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *header = gst_ice_spool_line_header (MEDIA_ID, 1);

  gst_ice_spool_unref (spool_fixture_open (fixture));
  spool_fixture_append (fixture, header);
  spool_fixture_append_line (fixture, "{\"note\":\"freed\",\"number\":1}");
  refuse (fixture, "before a run");

  spool_fixture_write_journal (fixture, header, -1);
  spool_fixture_append_line (fixture, "{\"note\":\"done\"}");
  spool_fixture_append_line (fixture, "{\"note\":\"freed\",\"number\":1}");
  refuse (fixture, "follows the end");
}

/* ---- somebody else's ---- */

static void
test_foreign_journals (void)
{
  const gchar *const texts[] = { "x", "x\n", "hello\nworld\n", "\n",
    "0123456789abcdef", "0123456789abcdef {\"other\":1}\n", "{}\n"
  };
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  guint i;

  gst_ice_spool_unref (spool_fixture_open (fixture));
  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    /* Sixteen digits alone may be what is left of ours. */
    if (strlen (texts[i]) == 16)
      continue;
    spool_fixture_write_journal (fixture, texts[i], -1);
    refuse (fixture, "not made by icesink");
  }
}

static void
test_huge_journal (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, "journal");

  spool_fixture_record (fixture);
  g_assert_cmpint (truncate (path, GST_ICE_SPOOL_JOURNAL_MAX + 1), ==, 0);
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "too large");
}

/* What has no room in it any more is an error; it does not become one that the
 * next run refuses. */
static void
test_full_journal (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autoptr (GstIceSpool) spool = spool_fixture_open (fixture);
  g_autofree gchar *caps = g_strnfill (GST_ICE_SPOOL_LINE_MAX - 1000, 'c');
  g_autofree gchar *path = spool_fixture_get_path (fixture, "journal");
  g_autoptr (GError) error = NULL;
  GStatBuf info;
  guint i;

  gst_ice_spool_note_run (spool, 0, &plan);
  for (i = 0; error == NULL; i++) {
    g_assert_cmpuint (i * strlen (caps), <, GST_ICE_SPOOL_JOURNAL_MAX);
    gst_ice_spool_note_format (spool, caps, "video/mp2t");
    gst_ice_spool_flush (spool);
    error = gst_ice_spool_get_trouble (spool);
  }
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, g_strerror (EFBIG)));

  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, <=, GST_ICE_SPOOL_JOURNAL_MAX);
  g_assert_cmpint (info.st_size, >, GST_ICE_SPOOL_JOURNAL_MAX
      - GST_ICE_SPOOL_LINE_MAX);
}

static void
test_foreign_directory (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);
  g_autofree gchar *file = spool_fixture_get_path (fixture, "photo.jpg");
  g_autofree gchar *lock = spool_fixture_get_path (fixture, "lock");

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "mine", -1, NULL));
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS,
      "not made by icesink");
  g_assert_false (g_file_test (lock, G_FILE_TEST_EXISTS));
}

static void
test_file_for_directory (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "mine", -1, NULL));
  spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, "can't be opened");

  g_assert_null (gst_ice_spool_open (path, MEDIA_ID, 0, GST_ICE_SPOOL_CREATE,
          &error));
  g_assert_error (error, GST_ICE_ERROR, GST_ICE_ERROR_SETTINGS);
  g_test_message ("%s", error->message);
}

/* No link is followed, and no FIFO waited for. */
static void
test_links (void)
{
  const gchar *const names[] = { NULL, "lock", "journal", "data" };
  guint i, fifo;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    for (fifo = 0; fifo <= 1; fifo++) {
      g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
      g_autofree gchar *path = spool_fixture_get_path (fixture, names[i]);
      g_autofree gchar *moved = g_build_filename (fixture->directory,
          "moved", NULL);

      spool_fixture_record (fixture);
      g_assert_cmpint (g_rename (path, moved), ==, 0);
      if (fifo)
        g_assert_cmpint (mkfifo (path, 0600), ==, 0);
      else
        g_assert_cmpint (symlink (moved, path), ==, 0);
      spool_fixture_refuse (fixture, GST_ICE_ERROR_SETTINGS, ": ");
    }
  }
}

static void
test_other_user (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *path = spool_fixture_get_path (fixture, NULL);

  spool_fixture_record (fixture);
  if (chown (path, 12345, -1) != 0) {
    g_test_skip ("Only root can give a directory away");
    return;
  }
  refuse (fixture, "another user");
}

/* ---- anything at all ---- */

static void
mutate (GString * text)
{
  guint n = g_test_rand_int_range (1, 4);

  while (n-- > 0) {
    gsize at = g_test_rand_int_range (0, text->len);

    switch (g_test_rand_int_range (0, 4)) {
      case 0:
        text->str[at] = g_test_rand_int_range (0, 256);
        break;
      case 1:
        g_string_erase (text, at, 1);
        break;
      case 2:
        g_string_insert_c (text, at, g_test_rand_int_range (0, 256));
        break;
      default:
        g_string_insert_len (text, at, text->str, at);
    }
  }
}

/* With the sums that belong to them, so that what is behind is tried. */
static gchar *
sum_up (const GString * text)
{
  g_auto (GStrv) lines = g_strsplit (text->str, "\n", -1);
  GString *summed = g_string_new (NULL);
  guint i;

  for (i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    g_string_append_printf (summed, "%016" G_GINT64_MODIFIER "x %s\n",
        gst_ice_crc64_update (0, lines[i], strlen (lines[i])), lines[i]);

  return g_string_free (summed, FALSE);
}

static gchar *
strip_sums (const gchar * journal)
{
  g_auto (GStrv) lines = g_strsplit (journal, "\n", -1);
  guint i;

  for (i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    memmove (lines[i], lines[i] + 17, strlen (lines[i] + 17) + 1);

  return g_strjoinv ("\n", lines);
}

/* Whatever is read, the table is one that can be: parts by number, each
 * beginning where the one before it ends. */
static void
assert_table (const GstIceSpoolFacts * facts)
{
  guint64 offset = 0;
  guint i;

  for (i = 0; facts->left != NULL && i < facts->left->parts->len; i++) {
    const GstIceSpoolPart *part = spool_part (facts->left, i + 1);

    g_assert_cmpuint (part->number, ==, i + 1);
    g_assert_cmpuint (part->offset, ==, offset);
    g_assert_cmpuint (part->size, >=, 1);
    g_assert_cmpuint (part->size, <=, GST_ICE_PART_SIZE_MAX);
    offset += part->size;
  }
}

static void
test_random (void)
{
  g_autoptr (SpoolFixture) fixture = spool_fixture_new ();
  g_autofree gchar *journal = NULL;
  g_autofree gchar *text = NULL;
  guint i, n_read = 0;

  spool_fixture_record (fixture);
  journal = spool_fixture_read_journal (fixture, NULL);
  text = strip_sums (journal);

  for (i = 0; i < 5000; i++) {
    g_autoptr (GString) mutated = g_string_new (text);
    g_autofree gchar *summed = NULL;
    GstIceSpoolFacts facts;

    mutate (mutated);
    summed = sum_up (mutated);
    if (!gst_ice_spool_facts_read (&facts, summed, strlen (summed), MEDIA_ID,
            NULL))
      continue;
    n_read++;
    assert_table (&facts);
    g_clear_pointer (&facts.left, gst_ice_spool_left_free);
  }

  g_test_message ("%u of %u were read", n_read, i);
  g_assert_cmpuint (n_read, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);

  g_test_add_func ("/spool-journal/cuts-torn-lines", test_torn_line);
  g_test_add_func ("/spool-journal/cuts-torn-blocks", test_torn_blocks);
  g_test_add_func ("/spool-journal/cuts-torn-headers", test_torn_header);
  g_test_add_func ("/spool-journal/refuses-damage", test_damage);
  g_test_add_func ("/spool-journal/refuses-lost-lines", test_lost_lines);
  g_test_add_func ("/spool-journal/refuses-lies", test_lies);
  g_test_add_func ("/spool-journal/has-no-small-parts", test_small_parts);
  g_test_add_func ("/spool-journal/leaves-freed-parts", test_freed_parts);
  g_test_add_func ("/spool-journal/refuses-headers", test_headers);
  g_test_add_func ("/spool-journal/refuses-disorder", test_order);
  g_test_add_func ("/spool-journal/refuses-foreign", test_foreign_journals);
  g_test_add_func ("/spool-journal/refuses-too-much", test_huge_journal);
  g_test_add_func ("/spool-journal/has-an-end", test_full_journal);
  g_test_add_func ("/spool-journal/refuses-foreign-directories",
      test_foreign_directory);
  g_test_add_func ("/spool-journal/refuses-files", test_file_for_directory);
  g_test_add_func ("/spool-journal/follows-no-links", test_links);
  g_test_add_func ("/spool-journal/refuses-other-users", test_other_user);
  g_test_add_func ("/spool-journal/reads-anything", test_random);

  return g_test_run ();
}
