/* SPDX-License-Identifier: LGPL-2.1-or-later
 * Copyright (C) 2026 The icesink developers */
/* The options of the program, which are those of the library too. */

#include "options.h"

#include "fault-script.h"

#define DEFAULT_ADDRESS "127.0.0.1"
#define DEFAULT_ACCESS_KEY_ID "LTAI5tEmulatorDemoKeyId1"
#define DEFAULT_ACCESS_KEY_SECRET "EmulatorDemoSecret0123456789ab"
#define DEFAULT_BUCKET "outin-0123456789abcdef0123456789abcdef"
#define DEFAULT_REGION "cn-shanghai"
#define DEFAULT_KEY_TEMPLATE "sv/MEDIAID/MEDIAID.mp4"
#define DEFAULT_CREDENTIAL_LIFE 3600.0
#define DEFAULT_EXPIRED_CODE "SecurityTokenExpired"
#define DEFAULT_SESSION_LIFE 3600.0
#define DEFAULT_PREPARE_TIME 1.0
#define DEFAULT_OIDC_TOKEN "eyEmulatorDemo.OidcToken.0123456789"
#define DEFAULT_ROLE_NAME "EmulatorRole"

static void
add_entries (GOptionContext * context, EmuOptions * o)
{
  const GOptionEntry entries[] = {
    {"address", 0, 0, G_OPTION_ARG_STRING, &o->address,
        "Address to listen on (" DEFAULT_ADDRESS ")", "ADDRESS"},
    {"port", 0, 0, G_OPTION_ARG_INT, &o->port,
        "Port; 0: the system chooses (0)", "PORT"},
    {"directory", 0, 0, G_OPTION_ARG_FILENAME, &o->directory,
        "Where objects go, as files BUCKET/KEY (a temporary one)", "DIR"},
    {"tls", 0, 0, G_OPTION_ARG_NONE, &o->tls,
        "HTTPS, with a certificate for localhost and 127.0.0.1", NULL},
    {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &o->ca_file,
        "Where the certificate of the CA is written (DIR/.ca.pem)", "FILE"},
    {"log", 0, 0, G_OPTION_ARG_FILENAME, &o->log,
        "One line of JSON per finished request", "FILE"},
    {"quiet", 0, 0, G_OPTION_ARG_NONE, &o->quiet,
        "No line when ready", NULL},
    {"access-key-id", 0, 0, G_OPTION_ARG_STRING, &o->access_key_id,
        "Caller's identity (" DEFAULT_ACCESS_KEY_ID ")", "ID"},
    {"access-key-secret", 0, 0, G_OPTION_ARG_STRING, &o->access_key_secret,
        "Its secret (" DEFAULT_ACCESS_KEY_SECRET ")", "SECRET"},
    {"security-token", 0, 0, G_OPTION_ARG_STRING, &o->security_token,
        "Its security token (none)", "TOKEN"},
    {"security-token-life", 0, 0, G_OPTION_ARG_DOUBLE,
          &o->security_token_life,
        "Its life from the start on; 0: no end (0)", "SECONDS"},
    {"allow-identity", 0, 0, G_OPTION_ARG_NONE, &o->allow_identity,
        "OSS takes the caller's identity too, for the whole bucket", NULL},
    {"session-life", 0, 0, G_OPTION_ARG_DOUBLE, &o->session_life,
        "Life of what STS, metadata and /credentials give out (3600)",
        "SECONDS"},
    {"oidc-token", 0, 0, G_OPTION_ARG_STRING, &o->oidc_token,
        "What AssumeRoleWithOIDC takes (" DEFAULT_OIDC_TOKEN ")", "TOKEN"},
    {"role-name", 0, 0, G_OPTION_ARG_STRING, &o->role_name,
        "RAM role of the instance; empty: none (" DEFAULT_ROLE_NAME ")",
        "NAME"},
    {"require-metadata-token", 0, 0, G_OPTION_ARG_NONE,
          &o->require_metadata_token,
        "The metadata service is in hardened mode only", NULL},
    {"media-id", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->media_ids,
        "Only this media exists; repeatable (every well-formed id)", "ID"},
    {"prepare-time", 0, 0, G_OPTION_ARG_DOUBLE, &o->prepare_time,
        "How long media is analysed after its upload (1)", "SECONDS"},
    {"bucket", 0, 0, G_OPTION_ARG_STRING, &o->bucket,
        "The only bucket (" DEFAULT_BUCKET ")", "BUCKET"},
    {"region", 0, 0, G_OPTION_ARG_STRING, &o->region,
        "Its region (" DEFAULT_REGION ")", "REGION"},
    /* a file name is taken as it is, whatever the locale */
    {"key-template", 0, 0, G_OPTION_ARG_FILENAME, &o->key_template,
        "Object key (" DEFAULT_KEY_TEMPLATE ")", "KEY"},
    {"endpoint", 0, 0, G_OPTION_ARG_STRING, &o->endpoint,
          "Endpoint in UploadAddress; PORT stands for the port (own address)",
        "URL"},
    {"virtual-host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->virtual_hosts,
          "Host BUCKET.SUFFIX is a bucket's; repeatable (localhost, OSS's own)",
        "SUFFIX"},
    {"credential-life", 0, 0, G_OPTION_ARG_DOUBLE, &o->credential_life,
        "Life of a lease (3600)", "SECONDS"},
    {"expired-code", 0, 0, G_OPTION_ARG_STRING, &o->expired_code,
        "Refusal of a dead lease: SecurityTokenExpired or InvalidAccessKeyId "
          "(" DEFAULT_EXPIRED_CODE ")", "CODE"},
    {"expire-utc-time", 0, 0, G_OPTION_ARG_NONE, &o->with_expire_utc_time,
        "Leases that live less than 60 s have ExpireUTCTime too", NULL},
    {"no-expire-utc-time", 0, 0, G_OPTION_ARG_NONE, &o->no_expire_utc_time,
        "Leases have no ExpireUTCTime", NULL},
    {"no-lease-region", 0, 0, G_OPTION_ARG_NONE, &o->no_lease_region,
        "Leases have no Region", NULL},
    {"no-lease-token", 0, 0, G_OPTION_ARG_NONE, &o->no_lease_token,
        "Leases have no SecurityToken", NULL},
    {"numeric-expiration", 0, 0, G_OPTION_ARG_NONE, &o->numeric_expiration,
        "Expiration is a number in place of a string", NULL},
    {"new-key-from", 0, 0, G_OPTION_ARG_INT, &o->new_key_from,
        "From the Nth lease on: another object key", "N"},
    {"new-endpoint-from", 0, 0, G_OPTION_ARG_INT, &o->new_endpoint_from,
        "From the Nth lease on: --new-endpoint", "N"},
    {"new-endpoint", 0, 0, G_OPTION_ARG_STRING, &o->new_endpoint,
        "That endpoint (http://localhost:PORT)", "URL"},
    {"fault", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->faults,
        "A fault, see below; repeatable", "OPERATION:KIND[:KEY=VALUE...]"},
    {"seed", 0, 0, G_OPTION_ARG_INT, &o->seed,
        "Of faults with a probability (0)", "N"},
    {"rate", 0, 0, G_OPTION_ARG_INT64, &o->rate,
        "Body bytes a second that a connection may send", "BYTES"},
    {"segment-size", 0, 0, G_OPTION_ARG_INT, &o->segment_size,
          "Largest TCP segment that is taken, so that loopback is like Ethernet "
          "with 1448 (the system's)", "BYTES"},
    {"latency", 0, 0, G_OPTION_ARG_DOUBLE, &o->latency,
        "Wait on accepting a connection and before each answer", "SECONDS"},
    {"answer-delay", 0, 0, G_OPTION_ARG_DOUBLE, &o->answer_delay,
        "Wait before each answer", "SECONDS"},
    {"early-errors", 0, 0, G_OPTION_ARG_NONE, &o->early_errors,
        "Refuse before the body is read, and close", NULL},
    {"discard", 0, 0, G_OPTION_ARG_NONE, &o->discard,
        "Keep sizes and checksums only, no bytes", NULL},
    {"no-md5", 0, 0, G_OPTION_ARG_NONE, &o->no_md5,
        "ETags from the CRC-64 in place of MD5, which costs more", NULL},
    {NULL}
  };

  g_option_context_add_main_entries (context, entries, NULL);
}

static GOptionContext *
new_context (EmuOptions * options)
{
  GOptionContext *context = g_option_context_new (NULL);
  g_autofree gchar *description = emu_fault_get_help ();

  add_entries (context, options);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context,
      "ICE and OSS on a loopback port, with scripted faults.");
  g_option_context_set_description (context, description);
  return context;
}

static void
set_default (gchar ** option, const gchar * value)
{
  if (!*option)
    *option = g_strdup (value);
}

static gboolean
check (const EmuOptions * o, GError ** error)
{
  const gchar *problem = NULL;

  if (o->port < 0 || o->port > 65535)
    problem = "--port is not a port";
  else if (o->credential_life <= 0 || o->security_token_life < 0
      || o->session_life <= 0)
    problem = "a life is not positive";
  else if (o->rate < 0 || o->latency < 0 || o->answer_delay < 0
      || o->prepare_time < 0)
    problem = "--rate, --latency, --answer-delay or --prepare-time is negative";
  else if (*o->key_template == '\0' || *o->bucket == '\0')
    problem = "--key-template or --bucket is empty";
  else if (!g_str_equal (o->expired_code, "SecurityTokenExpired")
      && !g_str_equal (o->expired_code, "InvalidAccessKeyId"))
    problem = "--expired-code is not one of the two codes";
  else if (o->with_expire_utc_time && o->no_expire_utc_time)
    problem = "--expire-utc-time and --no-expire-utc-time are opposites";
  if (problem)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        problem);
  return problem == NULL;
}

static gboolean
parse_into (EmuOptions * options, const gchar * const *argv, GError ** error)
{
  g_autoptr (GOptionContext) context = new_context (options);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  g_strv_builder_add (builder, "ice-emulator");
  if (argv)
    g_strv_builder_addv (builder, (const gchar **) argv);
  words = g_strv_builder_end (builder);
  if (!g_option_context_parse_strv (context, &words, error))
    return FALSE;
  if (g_strv_length (words) > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
        "Unexpected argument “%s”", words[1]);
    return FALSE;
  }
  return TRUE;
}

EmuOptions *
emu_options_parse (const gchar * const *argv, GError ** error)
{
  g_autoptr (EmuOptions) options = g_new0 (EmuOptions, 1);

  options->credential_life = DEFAULT_CREDENTIAL_LIFE;
  options->session_life = DEFAULT_SESSION_LIFE;
  options->prepare_time = DEFAULT_PREPARE_TIME;
  if (!parse_into (options, argv, error))
    return NULL;
  set_default (&options->address, DEFAULT_ADDRESS);
  set_default (&options->access_key_id, DEFAULT_ACCESS_KEY_ID);
  set_default (&options->access_key_secret, DEFAULT_ACCESS_KEY_SECRET);
  set_default (&options->oidc_token, DEFAULT_OIDC_TOKEN);
  set_default (&options->role_name, DEFAULT_ROLE_NAME);
  set_default (&options->bucket, DEFAULT_BUCKET);
  set_default (&options->region, DEFAULT_REGION);
  set_default (&options->key_template, DEFAULT_KEY_TEMPLATE);
  set_default (&options->expired_code, DEFAULT_EXPIRED_CODE);
  set_default (&options->new_endpoint, options->tls ? "https://localhost:PORT"
      : "http://localhost:PORT");
  if (!check (options, error))
    return NULL;
  return g_steal_pointer (&options);
}

void
emu_options_free (EmuOptions * options)
{
  g_free (options->address);
  g_free (options->directory);
  g_free (options->log);
  g_free (options->ca_file);
  g_free (options->access_key_id);
  g_free (options->access_key_secret);
  g_free (options->security_token);
  g_free (options->oidc_token);
  g_free (options->role_name);
  g_strfreev (options->media_ids);
  g_free (options->bucket);
  g_free (options->region);
  g_free (options->key_template);
  g_free (options->endpoint);
  g_strfreev (options->virtual_hosts);
  g_free (options->expired_code);
  g_free (options->new_endpoint);
  g_strfreev (options->faults);
  g_free (options);
}

gchar *
emu_options_get_help (void)
{
  g_autoptr (EmuOptions) options = g_new0 (EmuOptions, 1);
  g_autoptr (GOptionContext) context = new_context (options);

  return g_option_context_get_help (context, TRUE, NULL);
}
