/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* Faults: what goes wrong, with which requests, how often.
 *
 * Runs on: any thread.
 * Protected by: lock. No other lock is taken while it is held. */

#include "fault-script.h"

#include <string.h>

#include "text.h"

typedef struct
{
  EmuFault fault;
  IceEmulatorOperation operation;
  guint part_number;            /* 0: any */
  guint skip;                   /* matches still to let pass */
  guint count;                  /* strikes left; 0: for ever */
  gdouble span;                 /* seconds that it strikes; 0: no end */
  gint64 began_us;              /* the first strike; -1: none yet */
  gdouble probability;
} Rule;

struct _EmuFaultScript
{
  GMutex lock;                  /* protects the rest */
  GPtrArray *rules;             /* (element-type Rule) */
  GRand *rand;
};

static const gchar *const operation_names[] = {
  [ICE_EMULATOR_ANY] = "any",
  [ICE_EMULATOR_REFRESH] = "refresh",
  [ICE_EMULATOR_INITIATE] = "initiate",
  [ICE_EMULATOR_PART] = "part",
  [ICE_EMULATOR_COMPLETE] = "complete",
  [ICE_EMULATOR_ABORT] = "abort",
  [ICE_EMULATOR_LIST_PARTS] = "list-parts",
  [ICE_EMULATOR_PUT] = "put",
  [ICE_EMULATOR_HEAD] = "head",
  [ICE_EMULATOR_OTHER] = "other",
  [ICE_EMULATOR_ASSUME_ROLE] = "assume-role",
  [ICE_EMULATOR_ASSUME_ROLE_WITH_OIDC] = "assume-role-with-oidc",
  [ICE_EMULATOR_METADATA_TOKEN] = "metadata-token",
  [ICE_EMULATOR_METADATA_ROLE] = "metadata-role",
  [ICE_EMULATOR_METADATA_IDENTITY] = "metadata-identity",
  [ICE_EMULATOR_CREDENTIALS_URI] = "credentials-uri",
  [ICE_EMULATOR_CREATE] = "create",
  [ICE_EMULATOR_INFO] = "info",
  [ICE_EMULATOR_DELETE] = "delete",
  [ICE_EMULATOR_OPTIONS] = "options",
};

static const struct
{
  const gchar *name;
  const gchar *help;
} kinds[] = {
  [EMU_FAULT_CLOSE_ON_ACCEPT] = {"close-on-accept",
      "the connection is closed at once (operation any)"},
  [EMU_FAULT_STALL_ON_ACCEPT] = {"stall-on-accept",
      "nothing is read from the connection (operation any; seconds=)"},
  [EMU_FAULT_DELAY] = {"delay",
      "waits after the head, then goes on as usual (seconds=)"},
  [EMU_FAULT_RESET_BEFORE] = {"reset-before",
      "RST after the head, body unread"},
  [EMU_FAULT_RESET_MID_BODY] = {"reset-mid-body",
      "RST within the body (after=)"},
  [EMU_FAULT_CLOSE_MID_BODY] = {"close-mid-body",
      "FIN within the body; the rest is read and thrown away (after=)"},
  [EMU_FAULT_STALL_MID_BODY] = {"stall-mid-body",
      "stops reading the body (after=, seconds=)"},
  [EMU_FAULT_EARLY_ANSWER] = {"early-answer",
      "answers within the body, then closes with the rest unread "
        "(after=, status=, code=; 503)"},
  [EMU_FAULT_ERROR] = {"error",
      "refused (status=, code=, retry-after=, x-acs-retry-after=; 500)"},
  [EMU_FAULT_EXPIRED_TOKEN] = {"expired-token",
      "refused as if its security token were dead (code=)"},
  [EMU_FAULT_SKEW] = {"skew",
      "refused as if its clock were off"},
  [EMU_FAULT_FORBIDDEN] = {"forbidden",
      "refused: AccessDenied or Forbidden.RAM"},
  [EMU_FAULT_NOT_FOUND] = {"not-found",
      "refused: no such media, upload, bucket or key"},
  [EMU_FAULT_REDIRECT] = {"redirect",
      "refused: 307 to another host (host=, port=)"},
  [EMU_FAULT_ERROR_IN_200] = {"error-in-200",
      "refused with status 200 and an error for a body (code=)"},
  [EMU_FAULT_WEB_PAGE] = {"web-page",
      "refused: a page for people, from something in between (status=; 200)"},
  [EMU_FAULT_RESET_AFTER_PROCESSING] = {"reset-after-processing",
      "done, then RST in place of an answer"},
  [EMU_FAULT_CLOSE_AFTER_PROCESSING] = {"close-after-processing",
      "done, then FIN in place of an answer"},
  [EMU_FAULT_ERROR_AFTER_PROCESSING] = {"error-after-processing",
      "done, then as error"},
  [EMU_FAULT_WEB_PAGE_AFTER_PROCESSING] = {"web-page-after-processing",
      "done, then as web-page"},
  [EMU_FAULT_STALL_BEFORE_ANSWER] = {"stall-before-answer",
      "done, then no answer (seconds=)"},
  [EMU_FAULT_DELAY_ANSWER] = {"delay-answer",
      "done, then waits, then answers (seconds=)"},
  [EMU_FAULT_CUT_ANSWER] = {"cut-answer",
      "done; half of the answer's head, then FIN"},
  [EMU_FAULT_TRUNCATED_BODY] = {"truncated-body",
      "done; half of the answer's body, then FIN"},
  [EMU_FAULT_EMPTY_ANSWER] = {"empty-answer",
      "done; 200, bare headers, no body"},
  [EMU_FAULT_OTHER_STATUS] = {"other-status",
      "done; the status of a success is another (status=; 202)"},
  [EMU_FAULT_NO_LENGTH] = {"no-length",
      "done; no Content-Length, the body ends with the connection"},
  [EMU_FAULT_COMPRESSED] = {"compressed",
      "done; a body in gzip, which nobody asked for"},
  [EMU_FAULT_BYTE_ORDER_MARK] = {"byte-order-mark",
      "done; the body begins with a byte-order mark"},
  [EMU_FAULT_NAMESPACE_PREFIX] = {"namespace-prefix",
      "done; the elements of the body's XML have a prefix"},
  [EMU_FAULT_GARBAGE] = {"garbage",
      "done; bytes that are not HTTP"},
  [EMU_FAULT_GARBAGE_BODY] = {"garbage-body",
      "done; a body of random bytes"},
  [EMU_FAULT_HUGE_BODY] = {"huge-body",
      "done; a body of 1 GiB"},
  [EMU_FAULT_HUGE_HEADERS] = {"huge-headers",
      "done; 64 MiB of headers"},
  [EMU_FAULT_SLOW_ANSWER] = {"slow-answer",
      "done; one byte of the answer at a time (seconds= between two; 1)"},
  [EMU_FAULT_WRONG_CRC] = {"wrong-crc",
      "done; x-oss-hash-crc64ecma is wrong"},
  [EMU_FAULT_NO_CRC] = {"no-crc",
      "done; x-oss-hash-crc64ecma is absent"},
  [EMU_FAULT_WRONG_ETAG] = {"wrong-etag",
      "done; ETag is wrong"},
  [EMU_FAULT_BARE_WRONG_ETAG] = {"bare-wrong-etag",
      "done; ETag is wrong, and x-oss-hash-crc64ecma is absent"},
  [EMU_FAULT_NO_ETAG] = {"no-etag",
      "done; ETag is absent, from the head and from the body's XML"},
  [EMU_FAULT_NO_XML_ETAG] = {"no-xml-etag",
      "done; ETag is absent from the body's XML"},
  [EMU_FAULT_MORE_PARTS] = {"more-parts",
      "done; part 10,000 is listed as well (list-parts)"},
  [EMU_FAULT_WRONG_OBJECT] = {"wrong-object",
      "done; the lease is for another object key (refresh)"},
  [EMU_FAULT_HTTP_ENDPOINT] = {"http-endpoint",
      "done; the lease's Endpoint is http:// and not loopback "
        "(refresh; host=, port=)"},
  [EMU_FAULT_MEDIA_STATUS] = {"media-status",
      "done; the media asset has another Status (info; code=; PrepareFail)"},
  [EMU_FAULT_NOT_DELETED] = {"not-deleted",
      "not done, status 200 with the ids in ForbiddenList (delete)"},
};

void
emu_fault_free (EmuFault * fault)
{
  g_free (fault->code);
  g_free (fault->host);
  g_free (fault->retry_after);
  g_free (fault->acs_retry_after);
  g_free (fault);
}

EmuFaultKind
emu_fault_get_kind (const EmuFault * fault)
{
  return fault ? fault->kind : EMU_FAULT_NONE;
}

EmuFaultError
emu_fault_get_error (const EmuFault * fault)
{
  EmuFaultError error = { 500, "InternalError", "An error that was asked for."
  };

  if (fault->kind == EMU_FAULT_EARLY_ANSWER)
    error = (EmuFaultError) { 503, "ServiceUnavailable", "Too early." };
  else if (fault->kind == EMU_FAULT_FORBIDDEN)
    error.status = 403;
  else if (fault->kind == EMU_FAULT_NOT_FOUND)
    error.status = 404;
  if (fault->status)
    error.status = fault->status;
  if (fault->kind == EMU_FAULT_ERROR_IN_200)
    error.status = 200;
  if (fault->code)
    error.code = fault->code;
  return error;
}

static EmuFault *
fault_copy (const EmuFault * fault)
{
  EmuFault *copy = g_memdup2 (fault, sizeof *fault);

  copy->code = g_strdup (fault->code);
  copy->host = g_strdup (fault->host);
  copy->retry_after = g_strdup (fault->retry_after);
  copy->acs_retry_after = g_strdup (fault->acs_retry_after);
  return copy;
}

/* The fault stands first in its rule, and is freed with it. */
static void
rule_free (gpointer data)
{
  Rule *rule = data;

  emu_fault_free (&rule->fault);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rule, rule_free)

EmuFaultScript *
emu_fault_script_new (guint seed)
{
  EmuFaultScript *script = g_new0 (EmuFaultScript, 1);

  g_mutex_init (&script->lock);
  script->rules = g_ptr_array_new_with_free_func (rule_free);
  script->rand = g_rand_new_with_seed (seed);
  return script;
}

void
emu_fault_script_free (EmuFaultScript * script)
{
  g_ptr_array_unref (script->rules);
  g_rand_free (script->rand);
  g_mutex_clear (&script->lock);
  g_free (script);
}

const gchar *
emu_operation_get_name (IceEmulatorOperation operation)
{
  return operation_names[operation];
}

static gboolean
parse_operation (const gchar * text, IceEmulatorOperation * operation)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (operation_names); i++) {
    if (g_str_equal (operation_names[i], text)) {
      *operation = i;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
parse_kind (const gchar * text, EmuFault * fault)
{
  guint i;

  for (i = EMU_FAULT_NONE + 1; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_equal (kinds[i].name, text)) {
      fault->kind = i;
      fault->name = kinds[i].name;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
parse_uint (const gchar * text, guint * value)
{
  guint64 number;

  if (!emu_number_parse (text, 10, 0, G_MAXUINT, &number))
    return FALSE;
  *value = number;
  return TRUE;
}

static gboolean
parse_offset (const gchar * text, gint64 * value)
{
  guint64 number;

  if (!emu_number_parse (text, 10, 0, G_MAXINT64, &number))
    return FALSE;
  *value = number;
  return TRUE;
}

static gboolean
parse_double (const gchar * text, gdouble max, gdouble * value)
{
  gchar *end;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && *value >= 0 && *value <= max;
}

static gboolean
parse_text (const gchar * text, gchar ** value)
{
  g_free (*value);
  *value = g_strdup (text);
  return *text != '\0';
}

static gboolean
parse_setting (Rule * rule, const gchar * key, const gchar * value)
{
  EmuFault *fault = &rule->fault;

  if (g_str_equal (key, "skip"))
    return parse_uint (value, &rule->skip);
  if (g_str_equal (key, "count"))
    return parse_uint (value, &rule->count);
  if (g_str_equal (key, "for"))
    return parse_double (value, 86400, &rule->span) && rule->span > 0;
  if (g_str_equal (key, "part"))
    return parse_uint (value, &rule->part_number);
  if (g_str_equal (key, "probability"))
    return parse_double (value, 1, &rule->probability);
  if (g_str_equal (key, "after"))
    return parse_offset (value, &fault->after);
  if (g_str_equal (key, "seconds"))
    return parse_double (value, 86400, &fault->seconds);
  if (g_str_equal (key, "status"))
    return parse_uint (value, &fault->status)
        && fault->status >= 200 && fault->status <= 599;
  if (g_str_equal (key, "code"))
    return parse_text (value, &fault->code);
  if (g_str_equal (key, "host"))
    return parse_text (value, &fault->host);
  if (g_str_equal (key, "port"))
    return parse_uint (value, &fault->port) && fault->port <= 65535;
  if (g_str_equal (key, "retry-after"))
    return parse_text (value, &fault->retry_after);
  if (g_str_equal (key, "x-acs-retry-after"))
    return parse_text (value, &fault->acs_retry_after);
  return FALSE;
}

static gboolean
strikes_on_accept (const EmuFault * fault)
{
  return fault->kind == EMU_FAULT_CLOSE_ON_ACCEPT
      || fault->kind == EMU_FAULT_STALL_ON_ACCEPT;
}

static const gchar *
parse_rule (Rule * rule, gchar ** words)
{
  gchar **word;

  if (!words[0] || !parse_operation (words[0], &rule->operation))
    return "no such operation";
  if (!words[1] || !parse_kind (words[1], &rule->fault))
    return "no such kind";
  for (word = words + 2; *word; word++) {
    g_auto (GStrv) setting = g_strsplit (*word, "=", 2);

    if (g_strv_length (setting) != 2
        || !parse_setting (rule, setting[0], setting[1]))
      return "a key=value is wrong";
  }
  if (strikes_on_accept (&rule->fault) && rule->operation != ICE_EMULATOR_ANY)
    return "this kind strikes connections: the operation is any";
  return NULL;
}

gboolean
emu_fault_script_add (EmuFaultScript * script, const gchar * text,
    GError ** error)
{
  g_autoptr (Rule) rule = g_new0 (Rule, 1);
  g_auto (GStrv) words = g_strsplit (text, ":", -1);
  const gchar *problem;

  rule->count = 1;
  rule->probability = 1;
  rule->began_us = -1;
  rule->fault.after = -1;
  rule->fault.seconds = -1;
  problem = parse_rule (rule, words);
  if (problem) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "Fault “%s”: %s", text, problem);
    return FALSE;
  }

  g_mutex_lock (&script->lock);
  g_ptr_array_add (script->rules, g_steal_pointer (&rule));
  g_mutex_unlock (&script->lock);
  return TRUE;
}

void
emu_fault_script_clear (EmuFaultScript * script)
{
  g_mutex_lock (&script->lock);
  g_ptr_array_set_size (script->rules, 0);
  g_mutex_unlock (&script->lock);
}

/* A clock that was set back meanwhile ends it, too. */
static gboolean
is_over (const Rule * rule, gint64 now_us)
{
  gint64 elapsed_us = now_us - rule->began_us;

  return rule->span > 0 && rule->began_us >= 0
      && (elapsed_us < 0 || elapsed_us >= rule->span * G_USEC_PER_SEC);
}

/* Call with the lock held. A rule that has struck so often as it should is
 * removed. */
static EmuFault *
strike (EmuFaultScript * script, Rule * rule, gint64 now_us)
{
  EmuFault *fault;

  if (rule->skip > 0) {
    rule->skip--;
    return NULL;
  }
  if (rule->probability < 1
      && g_rand_double (script->rand) >= rule->probability)
    return NULL;
  if (is_over (rule, now_us))
    return NULL;
  fault = fault_copy (&rule->fault);
  if (rule->began_us < 0)
    rule->began_us = now_us;
  if (rule->span == 0 && rule->count > 0 && --rule->count == 0)
    g_ptr_array_remove (script->rules, rule);
  return fault;
}

EmuFault *
emu_fault_script_strike (EmuFaultScript * script, gboolean on_accept,
    IceEmulatorOperation operation, guint part_number, gint64 now_us)
{
  EmuFault *fault = NULL;
  guint i;

  g_mutex_lock (&script->lock);
  for (i = 0; i < script->rules->len && !fault; i++) {
    Rule *rule = g_ptr_array_index (script->rules, i);

    if (strikes_on_accept (&rule->fault) != on_accept)
      continue;
    if (rule->operation != ICE_EMULATOR_ANY && rule->operation != operation)
      continue;
    if (rule->part_number != 0 && rule->part_number != part_number)
      continue;
    fault = strike (script, rule, now_us);
  }
  g_mutex_unlock (&script->lock);
  return fault;
}

static void
append_row (GString * help, const gchar * name, const gchar * text)
{
  g_string_append_printf (help, "  %-24s %s\n", name, text);
}

gchar *
emu_fault_get_help (void)
{
  GString *help = g_string_new ("Faults: OPERATION:KIND[:KEY=VALUE...]\n\n");
  guint i;

  g_string_append (help, "Operations:");
  for (i = 0; i < G_N_ELEMENTS (operation_names); i++)
    g_string_append_printf (help, " %s", operation_names[i]);
  g_string_append (help, "\n\nKeys:\n");
  append_row (help, "skip=N", "let N matching requests pass first (0)");
  append_row (help, "count=N", "strike N times; 0: for ever (1)");
  append_row (help, "for=F",
      "in place of count: strike for so many seconds from the first on");
  append_row (help, "part=N", "only this part number");
  append_row (help, "probability=P", "strike by chance, see --seed (1)");
  append_row (help, "after=BYTES",
      "of the body, before it strikes (half of it)");
  append_row (help, "seconds=F",
      "of a delay (1) or a stall (until the client goes)");
  append_row (help, "status=N, code=TEXT", "of the error");
  append_row (help, "retry-after=TEXT", "header Retry-After");
  append_row (help, "x-acs-retry-after=TEXT", "header x-acs-retry-after");
  append_row (help, "host=NAME, port=N", "of a redirect or an endpoint");
  g_string_append (help, "\nKinds (“refused”: not done):\n");
  for (i = EMU_FAULT_NONE + 1; i < G_N_ELEMENTS (kinds); i++)
    append_row (help, kinds[i].name, kinds[i].help);
  return g_string_free (help, FALSE);
}
