/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Writing and reading of the journal's lines; see the header.
 *
 * Any thread; pure functions.
 *
 * Parts are sealed in any order, the head last of all, and each run divides what
 * it adds in its own way. So what counts of a part is where it begins: it
 * reaches to where the next one begins, and only the last one has nothing but
 * its own word for its size. Those that no line speaks of share the bytes
 * between their neighbours: nothing of them can have been sent. A newer line
 * counts more than an older one that it contradicts, except for parts whose
 * bytes are freed: these are at the service, and stay as they are.
 *
 * A run that goes on after a cut keeps the parts that are whole and large enough
 * to be followed by others, and those alone. Whatever the lines say, no other
 * part comes out smaller than OSS takes: small ones get bytes of their
 * neighbours, and are sent again. */

#include "recording/spool-journal.h"

#include <string.h>

#include "common/crc64.h"
#include "common/json.h"

#define VERSION 1

/* Hexadecimal digits of the CRC-64, and the blank. */
#define SUM_DIGITS 16
#define SUM_SIZE (SUM_DIGITS + 1)

#define OBJECT_SIZE_MAX (GST_ICE_PART_NUMBER_MAX * GST_ICE_PART_SIZE_MAX)

/* ETags and upload ids have 32 to 40 characters, object keys up to 1023. */
#define NAME_MAX_SIZE 4096

#define refuse(error, ...) \
    gst_ice_set_error (error, GST_ICE_ERROR_SETTINGS, __VA_ARGS__)

/* ---- writing ---- */

/* A member of the object in a line. */
typedef struct
{
  const gchar *name;            /* NULL: there are no more */
  gboolean is_text;
  const gchar *text;            /* (nullable) left out if there is none */
  guint64 number;
} Member;

#define TEXT(name, text) {name, TRUE, text}
#define NUMBER(name, number) {name, FALSE, NULL, number}
#define NEW_LINE(...) new_line ((const Member[]) { __VA_ARGS__, { NULL } })

static gchar *
new_line (const Member * members)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;
  JsonObject *object = json_object_new ();
  const Member *m;

  for (m = members; m->name != NULL; m++) {
    if (!m->is_text)
      json_object_set_int_member (object, m->name, m->number);
    else if (m->text != NULL && *m->text != '\0')
      json_object_set_string_member (object, m->name, m->text);
  }
  json_node_take_object (node, object);
  text = json_to_string (node, FALSE);

  return g_strdup_printf ("%016" G_GINT64_MODIFIER "x %s\n",
      gst_ice_crc64_update (0, text, strlen (text)), text);
}

gchar *
gst_ice_spool_line_header (const gchar * media_id, gint64 created_us)
{
  return NEW_LINE (NUMBER ("icesink-spool", VERSION),
      TEXT ("media-id", media_id), NUMBER ("created", created_us));
}

gchar *
gst_ice_spool_line_run (guint64 base, const GstIcePartPlan * plan)
{
  return NEW_LINE (TEXT ("note", "run"), NUMBER ("base", base),
      NUMBER ("part-size", plan->part_size),
      NUMBER ("max-part-size", plan->max_part_size));
}

gchar *
gst_ice_spool_line_format (const gchar * caps, const gchar * content_type)
{
  return NEW_LINE (TEXT ("note", "format"), TEXT ("caps", caps),
      TEXT ("content-type", content_type));
}

gchar *
gst_ice_spool_line_upload (const gchar * bucket, const gchar * object,
    const gchar * upload_id)
{
  return NEW_LINE (TEXT ("note", "upload"), TEXT ("bucket", bucket),
      TEXT ("object", object), TEXT ("upload-id", upload_id));
}

gchar *
gst_ice_spool_line_part (guint number, guint64 offset, guint64 size)
{
  return NEW_LINE (TEXT ("note", "part"), NUMBER ("number", number),
      NUMBER ("offset", offset), NUMBER ("size", size));
}

/* A number of 64 bits is more than what JSON readers agree on. */
gchar *
gst_ice_spool_line_arrived (guint number, guint64 size, guint64 crc64,
    const gchar * etag)
{
  g_autofree gchar *sum =
      g_strdup_printf ("%016" G_GINT64_MODIFIER "x", crc64);

  return NEW_LINE (TEXT ("note", "arrived"), NUMBER ("number", number),
      NUMBER ("size", size), TEXT ("crc64", sum), TEXT ("etag", etag));
}

gchar *
gst_ice_spool_line_freed (guint number)
{
  return NEW_LINE (TEXT ("note", "freed"), NUMBER ("number", number));
}

gchar *
gst_ice_spool_line_cut (guint64 size)
{
  return NEW_LINE (TEXT ("note", "cut"), NUMBER ("size", size));
}

gchar *
gst_ice_spool_line_finished (guint64 size)
{
  return NEW_LINE (TEXT ("note", "finished"), NUMBER ("size", size));
}

gchar *
gst_ice_spool_line_done (void)
{
  return NEW_LINE (TEXT ("note", "done"));
}

/* ---- what a run left ---- */

static void
part_free (GstIceSpoolPart * part)
{
  if (part == NULL)
    return;

  g_free (part->etag);
  g_free (part);
}

static GstIceSpoolLeft *
left_new (void)
{
  GstIceSpoolLeft *left = g_new0 (GstIceSpoolLeft, 1);

  left->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) part_free);

  return left;
}

void
gst_ice_spool_left_free (GstIceSpoolLeft * left)
{
  g_free (left->caps);
  g_free (left->content_type);
  g_free (left->bucket);
  g_free (left->object);
  g_free (left->upload_id);
  g_ptr_array_unref (left->parts);
  g_free (left);
}

/* ---- values ---- */

static gboolean
take_number (JsonObject * object, const gchar * name, guint64 min,
    guint64 max, guint64 * value, GError ** error)
{
  JsonNode *member = json_object_get_member (object, name);
  gint64 number = -1;

  if (member != NULL && json_node_get_value_type (member) == G_TYPE_INT64)
    number = json_node_get_int (member);
  if (number < 0 || number < min || number > max)
    return refuse (error, "%s is not from %" G_GUINT64_FORMAT " to %"
        G_GUINT64_FORMAT, name, min, max);

  *value = number;

  return TRUE;
}

/* NULL if there is none; at most @max bytes. */
static gboolean
take_string (JsonObject * object, const gchar * name, gsize max,
    gchar ** value, GError ** error)
{
  const gchar *text = gst_ice_json_get_string (object, name);

  if (text == NULL && json_object_has_member (object, name))
    return refuse (error, "%s is no text", name);
  if (text != NULL && (*text == '\0' || strlen (text) > max))
    return refuse (error, "%s is not of 1 to %" G_GSIZE_FORMAT " bytes", name,
        max);

  g_free (*value);
  *value = g_strdup (text);

  return TRUE;
}

/* Sixteen hexadecimal digits, of which g_ascii_strtoull() alone would let too
 * much pass. */
static gboolean
read_sum (const gchar * text, guint64 * sum)
{
  gchar digits[SUM_DIGITS + 1];

  memcpy (digits, text, SUM_DIGITS);
  digits[SUM_DIGITS] = '\0';
  if (strspn (digits, "0123456789abcdef") != SUM_DIGITS)
    return FALSE;

  *sum = g_ascii_strtoull (digits, NULL, 16);

  return TRUE;
}

static gboolean
take_sum (JsonObject * object, const gchar * name, guint64 * sum,
    GError ** error)
{
  const gchar *text = gst_ice_json_get_string (object, name);

  if (text == NULL || strlen (text) != SUM_DIGITS
      || !read_sum (text, sum))
    return refuse (error, "%s is not 16 hexadecimal digits", name);

  return TRUE;
}

static gboolean
take_part_number (JsonObject * object, guint * number, GError ** error)
{
  guint64 value = 0;

  if (!take_number (object, "number", 1, GST_ICE_PART_NUMBER_MAX, &value,
          error))
    return FALSE;

  *number = value;

  return TRUE;
}

/* ---- facts ---- */

/* While lines are read, parts that none has spoken of are NULL. */
static GstIceSpoolPart *
find_part (GstIceSpoolLeft * left, guint number)
{
  if (number > left->parts->len)
    return NULL;

  return g_ptr_array_index (left->parts, number - 1);
}

static GstIceSpoolPart *
ensure_part (GstIceSpoolLeft * left, guint number)
{
  GstIceSpoolPart *part = find_part (left, number);

  if (part != NULL)
    return part;

  if (number > left->parts->len)
    g_ptr_array_set_size (left->parts, number);
  part = g_new0 (GstIceSpoolPart, 1);
  part->number = number;
  g_ptr_array_index (left->parts, number - 1) = part;

  return part;
}

static void
void_arrived (GstIceSpoolPart * part)
{
  part->arrived = FALSE;
  part->size_arrived = 0;
  part->crc64 = 0;
  g_clear_pointer (&part->etag, g_free);
}

static gboolean
apply_run (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  GstIcePartPlan *plan = &left->plan;

  return take_number (object, "base", 0, OBJECT_SIZE_MAX, &left->base, error)
      && take_number (object, "part-size", GST_ICE_PART_SIZE_MIN,
      GST_ICE_PART_SIZE_MAX, &plan->part_size, error)
      && take_number (object, "max-part-size", plan->part_size,
      GST_ICE_PART_SIZE_MAX, &plan->max_part_size, error);
}

static gboolean
apply_format (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  return take_string (object, "caps", GST_ICE_SPOOL_LINE_MAX, &left->caps,
      error)
      && take_string (object, "content-type", NAME_MAX_SIZE,
      &left->content_type, error);
}

static gboolean
apply_upload (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  g_autofree gchar *upload_id = g_steal_pointer (&left->upload_id);
  guint i;

  if (!take_string (object, "bucket", NAME_MAX_SIZE, &left->bucket, error)
      || !take_string (object, "object", NAME_MAX_SIZE, &left->object, error)
      || !take_string (object, "upload-id", NAME_MAX_SIZE, &left->upload_id,
          error))
    return FALSE;

  if (g_strcmp0 (upload_id, left->upload_id) == 0)
    return TRUE;

  for (i = 1; i <= left->parts->len; i++) {
    GstIceSpoolPart *part = find_part (left, i);

    if (part != NULL)
      void_arrived (part);
  }

  return TRUE;
}

/* Forgets @part, which contradicts a newer line about @number. */
static gboolean
contradict (GstIceSpoolLeft * left, GstIceSpoolPart * part, guint number,
    GError ** error)
{
  if (part->freed)
    return refuse (error, "parts %u and %u overlap", MIN (part->number,
            number), MAX (part->number, number));

  g_ptr_array_index (left->parts, part->number - 1) = NULL;
  part_free (part);

  return TRUE;
}

static guint64
get_end (const GstIceSpoolPart * part)
{
  return part->offset + part->size;
}

/* Forgets what can't be true any more if @newer is. */
static gboolean
forget_contradicted (GstIceSpoolLeft * left, const GstIceSpoolPart * newer,
    GError ** error)
{
  guint number;

  for (number = newer->number - 1; number > 0; number--) {
    GstIceSpoolPart *part = find_part (left, number);

    if (part != NULL && part->offset < newer->offset
        && !(part->freed && get_end (part) > newer->offset))
      break;
    if (part != NULL && !contradict (left, part, newer->number, error))
      return FALSE;
  }
  for (number = newer->number + 1; number <= left->parts->len; number++) {
    GstIceSpoolPart *part = find_part (left, number);

    if (part != NULL && part->offset > newer->offset
        && !(newer->freed && part->offset < get_end (newer)))
      break;
    if (part != NULL && !contradict (left, part, newer->number, error))
      return FALSE;
  }

  return TRUE;
}

static gboolean
apply_part (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  GstIceSpoolPart *part;
  guint64 offset = 0, size = 0;
  guint number;

  if (!take_part_number (object, &number, error)
      || !take_number (object, "offset", 0, OBJECT_SIZE_MAX, &offset, error)
      || !take_number (object, "size", 1, GST_ICE_PART_SIZE_MAX, &size,
          error))
    return FALSE;

  part = find_part (left, number);
  if (part != NULL && part->offset == offset) {
    part->size = size;
    return TRUE;
  }

  part = ensure_part (left, number);
  part->offset = offset;
  part->size = size;

  return forget_contradicted (left, part, error);
}

/* A part that is not there was cut while it was under way. */
static gboolean
apply_arrived (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  g_autofree gchar *etag = NULL;
  GstIceSpoolPart *part;
  guint64 size = 0, crc64 = 0;
  guint number;

  if (!take_part_number (object, &number, error)
      || !take_number (object, "size", 1, GST_ICE_PART_SIZE_MAX, &size,
          error)
      || !take_sum (object, "crc64", &crc64, error)
      || !take_string (object, "etag", NAME_MAX_SIZE, &etag, error))
    return FALSE;

  part = find_part (left, number);
  if (part == NULL)
    return TRUE;

  part->arrived = TRUE;
  part->size_arrived = size;
  part->crc64 = crc64;
  g_free (part->etag);
  part->etag = g_steal_pointer (&etag);

  return TRUE;
}

static gboolean
apply_freed (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  GstIceSpoolPart *part;
  guint number;

  if (!take_part_number (object, &number, error))
    return FALSE;

  part = find_part (left, number);
  if (part == NULL)
    return TRUE;

  part->freed = TRUE;

  return forget_contradicted (left, part, error);
}

/* TRUE if a run that goes on at @size keeps @part, the last one, as it is. */
static gboolean
outlasts_cut (const GstIceSpoolPart * part, guint64 size)
{
  if (part->offset >= size)
    return FALSE;

  return part->freed
      || (get_end (part) <= size && part->size >= GST_ICE_PART_SIZE_MIN);
}

static gboolean
apply_cut (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  guint64 size = 0;
  guint n = left->parts->len;

  if (!take_number (object, "size", 0, OBJECT_SIZE_MAX, &size, error))
    return FALSE;

  while (n > 0 && !(find_part (left, n) != NULL
          && outlasts_cut (find_part (left, n), size)))
    n--;
  g_ptr_array_set_size (left->parts, n);

  return TRUE;
}

static gboolean
apply_finished (GstIceSpoolLeft * left, JsonObject * object, GError ** error)
{
  g_clear_pointer (&left->upload_id, g_free);
  g_ptr_array_set_size (left->parts, 0);

  return take_number (object, "size", 1, OBJECT_SIZE_MAX, &left->finished,
      error);
}

static const struct
{
  const gchar *name;
  gboolean (*apply) (GstIceSpoolLeft * left, JsonObject * object,
      GError ** error);
} notes[] = {
  {"run", apply_run},
  {"format", apply_format},
  {"upload", apply_upload},
  {"part", apply_part},
  {"arrived", apply_arrived},
  {"freed", apply_freed},
  {"cut", apply_cut},
  {"finished", apply_finished},
};

/* ---- the table of parts ---- */

/* Gives each of the parts @first to @last its share of the bytes from @start to
 * @end. */
static void
share_out (GstIceSpoolLeft * left, guint first, guint last, guint64 start,
    guint64 end)
{
  guint64 share = (end - start) / (last - first + 1);
  guint number;

  for (number = first; number <= last; number++) {
    GstIceSpoolPart *part = ensure_part (left, number);

    part->offset = start;
    part->size = number == last ? end - start : share;
    start += part->size;
  }
}

static gboolean
is_shareable (guint64 size, guint n_parts)
{
  guint64 last = size - size / n_parts * (n_parts - 1);

  return size >= n_parts && last <= GST_ICE_PART_SIZE_MAX;
}

/* TRUE if @known has the size that its line says, and @n_missing parts follow
 * it before @next. */
static gboolean
is_size_known (const GstIceSpoolPart * known, guint n_missing,
    const GstIceSpoolPart * next)
{
  return known->freed || (n_missing > 0
      && known->size >= GST_ICE_PART_SIZE_MIN
      && get_end (known) + n_missing * GST_ICE_PART_SIZE_MIN <= next->offset);
}

/* Lets what is behind @known (nullable: there is none) reach to @next. */
static gboolean
close_gap (GstIceSpoolLeft * left, const GstIceSpoolPart * known,
    const GstIceSpoolPart * next, GError ** error)
{
  guint first = known != NULL ? known->number + 1 : 1;
  guint64 start = known != NULL ? get_end (known) : 0;
  guint n_missing = next->number - first;

  if (known != NULL && !is_size_known (known, n_missing, next)) {
    first--;
    n_missing++;
    start = known->offset;
  }
  if (n_missing == 0)
    return start == next->offset || refuse (error, "part %u does not begin"
        " at %" G_GUINT64_FORMAT, next->number, start);
  if (!is_shareable (next->offset - start, n_missing))
    return refuse (error, "there is no room, or too much, for what is missing"
        " before part %u", next->number);

  share_out (left, first, next->number - 1, start, next->offset);

  return TRUE;
}

/* The last parts may have been forgotten, since a newer line speaks against
 * them. */
static void
drop_unknown_end (GstIceSpoolLeft * left)
{
  guint n = left->parts->len;

  while (n > 0 && find_part (left, n) == NULL)
    n--;
  g_ptr_array_set_size (left->parts, n);
}

static gboolean
close_gaps (GstIceSpoolLeft * left, GError ** error)
{
  GstIceSpoolPart *known = NULL;
  guint number;

  drop_unknown_end (left);
  for (number = 1; number <= left->parts->len; number++) {
    GstIceSpoolPart *part = find_part (left, number);

    if (part == NULL)
      continue;
    if (!close_gap (left, known, part, error))
      return FALSE;
    known = part;
  }

  return TRUE;
}

/* TRUE if there is part @number, and its bytes may be divided anew. */
static gboolean
is_divisible (GstIceSpoolLeft * left, guint number)
{
  GstIceSpoolPart *part = number > 0 ? find_part (left, number) : NULL;

  return part != NULL && !part->freed;
}

/* Part @number is too small. It and as many neighbours as it takes share their
 * bytes; where these are the last, they are left to the next run to divide.
 * Between two parts whose bytes are freed, there may be nothing to be done. */
static void
mend (GstIceSpoolLeft * left, guint number)
{
  guint first = number, last = number;
  guint64 start = find_part (left, number)->offset;
  guint64 end = get_end (find_part (left, number));

  while (end - start < (last - first + 1) * GST_ICE_PART_SIZE_MIN) {
    if (is_divisible (left, last + 1))
      end = get_end (find_part (left, ++last));
    else if (last < left->parts->len && is_divisible (left, first - 1))
      start = find_part (left, --first)->offset;
    else
      break;
  }

  if (end - start >= (last - first + 1) * GST_ICE_PART_SIZE_MIN)
    share_out (left, first, last, start, end);
  else if (last == left->parts->len)
    g_ptr_array_set_size (left->parts, first - 1);
}

static void
mend_small_parts (GstIceSpoolLeft * left)
{
  guint number;

  for (number = 1; number < left->parts->len; number++) {
    if (is_divisible (left, number)
        && find_part (left, number)->size < GST_ICE_PART_SIZE_MIN)
      mend (left, number);
  }
}

/* ---- lines ---- */

typedef struct
{
  GstIceSpoolFacts *facts;      /* what has been read */
  guint line;                   /* number of the line that is being read */
  gboolean has_run;             /* there was a run */
  const gchar *media_id;        /* of the spool */
} Reader;

static gboolean
read_note (Reader * reader, JsonObject * object, GError ** error)
{
  const gchar *name = gst_ice_json_get_string (object, "note");
  guint i;

  if (reader->facts->done)
    return refuse (error, "it follows the end");
  if (g_strcmp0 (name, "done") == 0) {
    reader->facts->done = TRUE;
    return TRUE;
  }

  for (i = 0; i < G_N_ELEMENTS (notes); i++) {
    if (g_strcmp0 (name, notes[i].name) != 0)
      continue;
    reader->has_run = reader->has_run || notes[i].apply == apply_run;
    if (!reader->has_run)
      return refuse (error, "it comes before a run");
    return notes[i].apply (reader->facts->left, object, error);
  }

  return refuse (error, "it is of no known kind");
}

static gboolean
read_header (Reader * reader, JsonObject * object, GError ** error)
{
  const gchar *media_id = gst_ice_json_get_string (object, "media-id");
  guint64 version = 0, created_us = 0;

  if (!take_number (object, "icesink-spool", 0, G_MAXINT64, &version, NULL))
    return refuse (error, "it was not made by icesink");
  if (version != VERSION)
    return refuse (error, "it was made by another version of icesink: its"
        " format is %" G_GUINT64_FORMAT ", this one reads %u", version,
        VERSION);
  if (g_strcmp0 (media_id, reader->media_id) != 0)
    return refuse (error, "it belongs to another media id");
  if (!take_number (object, "created", 0, G_MAXINT64, &created_us, error))
    return FALSE;

  reader->facts->left->created_us = created_us;

  return TRUE;
}

static gboolean
read_object (Reader * reader, JsonObject * object, GError ** error)
{
  if (reader->line == 1)
    return read_header (reader, object, error);
  if (read_note (reader, object, error))
    return TRUE;

  g_prefix_error (error, "it is damaged: line %u of its journal can't be"
      " true: ", reader->line);

  return FALSE;
}

/* The object in a line without its newline; NULL if the line is bad. */
static JsonNode *
parse_line (const gchar * line, gsize size)
{
  guint64 sum;

  if (size <= SUM_SIZE || size > GST_ICE_SPOOL_LINE_MAX
      || !read_sum (line, &sum) || line[SUM_DIGITS] != ' ')
    return NULL;

  line += SUM_SIZE;
  size -= SUM_SIZE;
  if (gst_ice_crc64_update (0, line, size) != sum)
    return NULL;

  return gst_ice_json_parse_object (line, size, NULL);
}

/* TRUE if @line can be the beginning of our first line, or what a file system
 * makes of it when the machine stops. Anything else is somebody's file. */
static gboolean
is_torn_header (const gchar * line, gsize size, const gchar * media_id)
{
  g_autofree gchar *whole = gst_ice_spool_line_header (media_id, 0);
  gsize known = strcspn (whole + SUM_SIZE, "}") - 1;
  gsize i;

  for (i = 0; i < size; i++) {
    if (line[i] == '\0')
      continue;
    if (i < SUM_DIGITS && !g_ascii_isxdigit (line[i]))
      return FALSE;
    if (i >= SUM_DIGITS && i < SUM_SIZE + known && line[i] != whole[i])
      return FALSE;
  }

  return size < GST_ICE_SPOOL_LINE_MAX;
}

/* @line is bad. TRUE if it is only torn. */
static gboolean
check_torn (Reader * reader, const gchar * line, gsize size,
    gboolean is_last, GError ** error)
{
  if (reader->line == 1
      && !(is_last && is_torn_header (line, size, reader->media_id)))
    return refuse (error, "it was not made by icesink");
  if (!is_last)
    return refuse (error, "it is damaged: line %u of its journal is not what"
        " was written", reader->line);

  return TRUE;
}

static gboolean
read_lines (Reader * reader, const gchar * text, gsize size, GError ** error)
{
  const gchar *end = text + size;
  const gchar *line, *next;

  for (line = text; line < end; line = next) {
    const gchar *newline = memchr (line, '\n', end - line);
    g_autoptr (JsonNode) node = NULL;

    reader->line++;
    next = newline != NULL ? newline + 1 : end;
    if (newline != NULL)
      node = parse_line (line, newline - line);
    if (node == NULL)
      return check_torn (reader, line, next - line, next == end, error);
    if (!read_object (reader, json_node_get_object (node), error))
      return FALSE;
    reader->facts->size = next - text;
  }

  return TRUE;
}

gboolean
gst_ice_spool_facts_read (GstIceSpoolFacts * facts, const gchar * text,
    gsize size, const gchar * media_id, GError ** error)
{
  g_autoptr (GstIceSpoolLeft) left = left_new ();
  GstIceSpoolFacts read = { left, 0, FALSE };
  Reader reader = { &read, 0, FALSE, media_id };

  /* Of nothing, @text may be NULL. */
  if (size > 0 && !read_lines (&reader, text, size, error))
    return FALSE;
  if (!close_gaps (left, error)) {
    g_prefix_error (error, "it is damaged: ");
    return FALSE;
  }
  mend_small_parts (left);

  *facts = read;
  facts->left = NULL;
  if (reader.has_run && !read.done)
    facts->left = g_steal_pointer (&left);

  return TRUE;
}
