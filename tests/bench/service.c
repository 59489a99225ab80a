/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The service; see the header.
 *
 * A part's checksum is that of the pattern, or with @sum that of its bytes;
 * icesink compares either with what it has sent. The object's is put together
 * from those of its parts.
 *
 * The table of uploads grows for as long as the receiver runs, which is one
 * measurement. */

#include "service.h"

#include <string.h>
#include <sys/resource.h>

#include "emulator/checksum.h"
#include "pattern.h"

#define BUCKET "bench"
#define NUMBER_MAX 10000
#define XML_PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

typedef enum
{
  OPERATION_REFRESH,
  OPERATION_INITIATE,
  OPERATION_PART,
  OPERATION_COMPLETE,
  OPERATION_ABORT,
  OPERATION_PUT,
  OPERATION_OTHER,
  N_OPERATIONS
} Operation;

static const gchar *const operation_names[N_OPERATIONS] = {
  "refresh", "initiate", "part", "complete", "abort", "put", "other",
};

typedef struct
{
  guint64 size;
  guint64 crc64;
} Part;

struct _Service
{
  ServiceConfig config;
  gchar *uri;                   /* (owned) */

  GMutex lock;                  /* protects the rest */
  GHashTable *uploads;          /* (element-type utf8 GArray): of parts */
  GHashTable *objects;          /* (element-type utf8 guint64): sizes */
  guint counts[N_OPERATIONS];
  guint connections;
  guint resumed;
  guint late;                   /* signed with a lease that was over */
  guint objects_completed;
  guint64 bytes;                /* of bodies */
  guint64 object_bytes;         /* of completed objects */
  guint64 last_part;            /* of the last one of several parts */
  guint64 serial;
  GArray *gaps_us;              /* (element-type gint64): see note_gap() */
};

/* One request on its way to an answer. */
typedef struct
{
  Service *service;
  Channel *channel;
  RequestReader *reader;
  Operation operation;
  Body *body;
} Call;

Service *
service_new (const ServiceConfig * config, const gchar * uri)
{
  Service *service = g_new0 (Service, 1);

  service->config = *config;
  service->uri = g_strdup (uri);
  g_mutex_init (&service->lock);
  service->uploads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_array_unref);
  service->objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  service->gaps_us = g_array_new (FALSE, FALSE, sizeof (gint64));

  return service;
}

void
service_count_connection (Service * service, gboolean resumed)
{
  g_mutex_lock (&service->lock);
  service->connections++;
  service->resumed += resumed;
  g_mutex_unlock (&service->lock);
}

/* ---- answers ---- */

/* @headers: lines with their ends. @text: (nullable) */
static gboolean
answer (Call * call, guint status, const gchar * headers, const gchar * text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *date =
      g_date_time_format (now, "%a, %d %b %Y %H:%M:%S GMT");
  g_autofree gchar *answer = NULL;
  gsize size = text != NULL ? strlen (text) : 0;
  gboolean is_head =
      g_str_equal (request_reader_get_method (call->reader), "HEAD");

  if (call->operation != OPERATION_REFRESH)
    g_usleep (call->service->config.answer_delay_us);
  answer = g_strdup_printf ("HTTP/1.1 %u Bench\r\nServer: AliyunOSS\r\n"
      "Date: %s\r\nx-oss-request-id: 5F00000000000000000000AA\r\n%s",
      status, date, headers);
  if (!is_head) {
    gchar *all = g_strdup_printf ("%sContent-Length: %" G_GSIZE_FORMAT
        "\r\n\r\n%s", answer, size, size > 0 ? text : "");

    g_free (answer);
    answer = all;
  } else {
    gchar *all = g_strconcat (answer, "\r\n", NULL);

    g_free (answer);
    answer = all;
  }

  return channel_write (call->channel, answer, strlen (answer));
}

static gchar *
new_base64 (const gchar * text)
{
  return g_base64_encode ((const guchar *) text, strlen (text));
}

/* ---- ICE ---- */

/* The token says when it dies, so that nothing needs to be remembered. */
static gboolean
answer_refresh (Call * call)
{
  Service *service = call->service;
  const gchar *id = request_reader_get_query (call->reader, "MediaId");
  gint64 life_us = service->config.credential_life_us;
  g_autofree gchar *address = NULL, *auth = NULL, *body = NULL;
  g_autofree gchar *address_text = NULL, *auth_text = NULL;

  address_text = g_strdup_printf ("{\"Endpoint\":\"%s\",\"Bucket\":\"" BUCKET
      "\",\"FileName\":\"sv/%s.mp4\"}", service->uri, id != NULL ? id : "");
  auth_text = g_strdup_printf ("{\"SecurityToken\":\"until-%" G_GINT64_FORMAT
      "\",\"AccessKeyId\":\"STS.bench\",\"AccessKeySecret\":\"bench\","
      "\"Expiration\":\"%" G_GINT64_FORMAT "\",\"Region\":\"cn-shanghai\"}",
      g_get_monotonic_time () + life_us, life_us / G_USEC_PER_SEC);
  address = new_base64 (address_text);
  auth = new_base64 (auth_text);
  body = g_strdup_printf ("{\"RequestId\":\"bench\",\"MediaId\":\"%s\","
      "\"UploadAddress\":\"%s\",\"UploadAuth\":\"%s\"}", id != NULL ? id : "",
      address, auth);

  return answer (call, 200, "Content-Type: application/json\r\n", body);
}

/* ---- OSS and S3 ---- */

static void
check_token (Call * call)
{
  const gchar *token =
      request_reader_get_header (call->reader, "x-oss-security-token");

  if (token == NULL || !g_str_has_prefix (token, "until-"))
    return;
  if (request_reader_get_begin (call->reader)
      > g_ascii_strtoll (token + strlen ("until-"), NULL, 10))
    call->service->late++;
}

static gboolean
answer_initiate (Call * call)
{
  Service *service = call->service;
  const gchar *path = request_reader_get_path (call->reader);
  g_autofree gchar *id = NULL, *xml = NULL;

  g_mutex_lock (&service->lock);
  id = g_strdup_printf ("upload%" G_GUINT64_FORMAT, ++service->serial);
  g_hash_table_insert (service->uploads, g_strdup (id),
      g_array_new (FALSE, TRUE, sizeof (Part)));
  g_mutex_unlock (&service->lock);
  xml = g_markup_printf_escaped (XML_PROLOG
      "<InitiateMultipartUploadResult><Bucket>" BUCKET "</Bucket>"
      "<Key>%s</Key><UploadId>%s</UploadId>"
      "</InitiateMultipartUploadResult>", path + 1, id);

  return answer (call, 200, "Content-Type: application/xml\r\n", xml);
}

static void
store_part (Call * call, Part part)
{
  Service *service = call->service;
  const gchar *id = request_reader_get_query (call->reader, "uploadId");
  guint64 number = g_ascii_strtoull (request_reader_get_query (call->reader,
          "partNumber"), NULL, 10);
  GArray *parts;

  if (id == NULL || number < 1 || number > NUMBER_MAX)
    return;

  g_mutex_lock (&service->lock);
  parts = g_hash_table_lookup (service->uploads, id);
  if (parts != NULL) {
    if (parts->len < number)
      g_array_set_size (parts, number);
    g_array_index (parts, Part, number - 1) = part;
  }
  g_mutex_unlock (&service->lock);
}

static guint64
get_crc64 (Call * call)
{
  if (call->service->config.sum)
    return call->body->crc64;

  return pattern_get_crc64 (call->body->size);
}

static gchar *
new_stored_headers (guint64 crc64)
{
  return g_strdup_printf ("ETag: \"%016" G_GINT64_MODIFIER "X%016"
      G_GINT64_MODIFIER "X\"\r\nx-oss-hash-crc64ecma: %" G_GUINT64_FORMAT
      "\r\n", crc64, crc64, crc64);
}

static gboolean
answer_part (Call * call)
{
  Part part = { .size = call->body->size, .crc64 = get_crc64 (call) };
  g_autofree gchar *headers = new_stored_headers (part.crc64);

  store_part (call, part);

  return answer (call, 200, headers, NULL);
}

/* Call with the lock held. */
static void
complete_object (Service * service, const gchar * path, guint64 size)
{
  guint64 *known = g_new (guint64, 1);

  *known = size;
  g_hash_table_insert (service->objects, g_strdup (path), known);
  service->objects_completed++;
  service->object_bytes += size;
}

static gboolean
answer_put (Call * call)
{
  g_autofree gchar *headers = new_stored_headers (get_crc64 (call));

  g_mutex_lock (&call->service->lock);
  complete_object (call->service, request_reader_get_path (call->reader),
      call->body->size);
  g_mutex_unlock (&call->service->lock);

  return answer (call, 200, headers, NULL);
}

/* Its parts are all there are. FALSE if the list names another number. Call
 * with the lock held. */
static gboolean
join_parts (Call * call, Part * object)
{
  const gchar *id = request_reader_get_query (call->reader, "uploadId");
  const gchar *at = call->body->text->str;
  GArray *parts = g_hash_table_lookup (call->service->uploads, id);
  guint named = 0, i;

  while ((at = strstr (at, "<PartNumber>")) != NULL) {
    named++;
    at++;
  }
  if (parts == NULL || named != parts->len)
    return FALSE;

  for (i = 0; i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);

    object->crc64 =
        emu_crc64_combine (object->crc64, part->crc64, part->size);
    object->size += part->size;
    call->service->last_part = part->size;
  }

  return TRUE;
}

static gboolean
answer_complete (Call * call)
{
  Service *service = call->service;
  const gchar *path = request_reader_get_path (call->reader);
  g_autofree gchar *headers = NULL, *xml = NULL;
  Part object = { 0 };
  gboolean ok;

  g_mutex_lock (&service->lock);
  ok = join_parts (call, &object);
  if (ok)
    complete_object (service, path, object.size);
  g_mutex_unlock (&service->lock);
  if (!ok)
    return answer (call, 400, "", "<Error><Code>InvalidPart</Code></Error>");

  headers = g_strdup_printf ("Content-Type: application/xml\r\n"
      "x-oss-hash-crc64ecma: %" G_GUINT64_FORMAT "\r\n", object.crc64);
  xml = g_markup_printf_escaped (XML_PROLOG "<CompleteMultipartUploadResult>"
      "<Location>%s%s</Location><Bucket>" BUCKET "</Bucket><Key>%s</Key>"
      "<ETag>\"%016" G_GINT64_MODIFIER "X-1\"</ETag>"
      "</CompleteMultipartUploadResult>", service->uri, path, path + 1,
      object.crc64);

  return answer (call, 200, headers, xml);
}

static gboolean
answer_other (Call * call)
{
  Service *service = call->service;
  const gchar *method = request_reader_get_method (call->reader);
  g_autofree gchar *headers = NULL;
  guint64 *size;

  if (!g_str_equal (method, "HEAD"))
    return answer (call, 200, "", NULL);

  g_mutex_lock (&service->lock);
  size = g_hash_table_lookup (service->objects,
      request_reader_get_path (call->reader));
  if (size != NULL)
    headers = g_strdup_printf ("Content-Length: %" G_GUINT64_FORMAT
        "\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n", *size);
  g_mutex_unlock (&service->lock);

  return answer (call, headers != NULL ? 200 : 404,
      headers != NULL ? headers : "", NULL);
}

/* ---- one request after the other ---- */

static Operation
find_operation (RequestReader * reader)
{
  const gchar *method = request_reader_get_method (reader);
  gboolean has_id = request_reader_get_query (reader, "uploadId") != NULL;

  if (request_reader_get_header (reader, "x-acs-action") != NULL)
    return OPERATION_REFRESH;
  if (request_reader_get_query (reader, "uploads") != NULL
      && g_str_equal (method, "POST"))
    return OPERATION_INITIATE;
  if (g_str_equal (method, "PUT"))
    return request_reader_get_query (reader, "partNumber") != NULL
        ? OPERATION_PART : OPERATION_PUT;
  if (g_str_equal (method, "POST"))
    return has_id ? OPERATION_COMPLETE : OPERATION_PUT;

  return g_str_equal (method, "DELETE") ? OPERATION_ABORT : OPERATION_OTHER;
}

static gboolean
answer_call (Call * call)
{
  switch (call->operation) {
    case OPERATION_REFRESH:
      return answer_refresh (call);
    case OPERATION_INITIATE:
      return answer_initiate (call);
    case OPERATION_PART:
      return answer_part (call);
    case OPERATION_COMPLETE:
      return answer_complete (call);
    case OPERATION_ABORT:
      return answer (call, 204, "", NULL);
    case OPERATION_PUT:
      return answer_put (call);
    default:
      return answer_other (call);
  }
}

static BodyMode
get_body_mode (Call * call)
{
  switch (call->operation) {
    case OPERATION_PART:
    case OPERATION_PUT:
      return call->service->config.sum ? BODY_SUM : BODY_DISCARD;
    case OPERATION_COMPLETE:
      return BODY_KEEP;
    default:
      return BODY_DISCARD;
  }
}

/* How long a connection lay idle between two parts, from the end of the
 * answer to the one to the first byte of the other. */
static void
note_gap (Call * call, gint64 answered_us)
{
  gint64 gap_us = request_reader_get_begin (call->reader) - answered_us;

  if (answered_us > 0 && call->operation == OPERATION_PART)
    g_array_append_val (call->service->gaps_us, gap_us);
}

static void
note_call (Call * call, gint64 answered_us)
{
  Service *service = call->service;

  g_mutex_lock (&service->lock);
  service->counts[call->operation]++;
  check_token (call);
  note_gap (call, answered_us);
  g_mutex_unlock (&service->lock);
}

static void
note_bytes (Call * call)
{
  if (call->operation != OPERATION_PART && call->operation != OPERATION_PUT)
    return;

  g_mutex_lock (&call->service->lock);
  call->service->bytes += call->body->size;
  g_mutex_unlock (&call->service->lock);
}

void
service_serve (Service * service, Channel * channel, RequestReader * reader)
{
  gint64 answered_us = 0;
  gboolean ok = TRUE;

  while (ok && request_reader_read_head (reader)) {
    g_auto (Body) body = { 0 };
    Call call = {
      .service = service,
      .channel = channel,
      .reader = reader,
      .operation = find_operation (reader),
      .body = &body,
    };

    note_call (&call, answered_us);
    ok = request_reader_read_body (reader, get_body_mode (&call), &body);
    note_bytes (&call);
    ok = ok && answer_call (&call);
    answered_us =
        call.operation == OPERATION_PART ? g_get_monotonic_time () : 0;
  }
}

/* ---- the report ---- */

static gint
compare_gaps (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
append_gaps (GString * json, GArray * gaps_us)
{
  static const gdouble quantiles[] = { 0.5, 0.99, 1 };
  guint i;

  g_array_sort (gaps_us, compare_gaps);
  for (i = 0; i < G_N_ELEMENTS (quantiles); i++) {
    guint at = quantiles[i] * (MAX (gaps_us->len, 1) - 1);
    gint64 gap_us = gaps_us->len > 0 ? g_array_index (gaps_us, gint64, at) : 0;

    g_string_append_printf (json, ", \"gap_%g_us\": %" G_GINT64_FORMAT,
        quantiles[i] * 100, gap_us);
  }
}

static gdouble
get_cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);

  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

gchar *
service_report (Service * service)
{
  GString *json = g_string_new ("{");
  guint i;

  g_mutex_lock (&service->lock);
  for (i = 0; i < N_OPERATIONS; i++)
    g_string_append_printf (json, "\"%s\": %u, ", operation_names[i],
        service->counts[i]);
  g_string_append_printf (json, "\"bytes\": %" G_GUINT64_FORMAT
      ", \"objects\": %u, \"object_bytes\": %" G_GUINT64_FORMAT
      ", \"last_part\": %" G_GUINT64_FORMAT
      ", \"connections\": %u, \"resumed\": %u, \"late\": %u, \"cpu\": %.6f",
      service->bytes, service->objects_completed, service->object_bytes,
      service->last_part, service->connections, service->resumed, service->late,
      get_cpu_seconds ());
  append_gaps (json, service->gaps_us);
  g_mutex_unlock (&service->lock);
  g_string_append_c (json, '}');

  return g_string_free (json, FALSE);
}
