//! Registers a device the way libhimmelblau does: discovery, nonce, join, key provisioning, each by its own public code.
//!
//! The server is where HIMMELBLAU_DISCOVERY_URL says; DRS_TOKEN, DRS_TENANT and DRS_DOMAIN are those of its first line.
//! Without DRS_TOKEN it signs in with a browser, which the caller is: a line with the address to open goes to standard
//! output, and the address that the browser ended at is read from standard input. Prints one JSON object for what it came by; an error ends it with status 1 and what libhimmelblau said.

use std::{env, error::Error, io, str::FromStr};

use der::Encode;
use himmelblau::auth::PublicClientApplication;
use himmelblau::discovery::{EnrollAttrs, Services};
use kanidm_hsm_crypto::{
    provider::{BoxedDynTpm, SoftTpm, Tpm, TpmMsExtensions},
    AuthValue,
};
use openssl::rsa::Rsa;
use serde_json::json;

/// The constant that the common name of a certificate request has (MS-DRS 2.1.1.1.1).
const COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";

/// The client and what it asks a token for (3.3), and the redirect URI that libhimmelblau has for it.
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const SCOPE: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default";
const REDIRECT: &str = "msauth://Microsoft.AAD.BrokerPlugin";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (tenant, domain) = (env::var("DRS_TENANT")?, env::var("DRS_DOMAIN")?);
    let token = match env::var("DRS_TOKEN") {
        Ok(given) => given,
        Err(_) => sign_in(&tenant).await?,
    };
    let services = Services::new(&token, &domain)
        .await
        .map_err(said("discovery"))?;
    let nonce = services
        .request_nonce(&tenant, &token)
        .await
        .map_err(said("nonce"))?;

    let mut tpm = BoxedDynTpm::new(SoftTpm::new());
    let auth =
        AuthValue::from_str(&AuthValue::generate().map_err(said("TPM"))?).map_err(said("TPM"))?;
    let machine = tpm.root_storage_key_create(&auth).map_err(said("TPM"))?;
    let storage = tpm
        .root_storage_key_load(&auth, &machine)
        .map_err(said("TPM"))?;
    let (begun, request) = tpm
        .ms_device_enrolment_begin(&storage, COMMON_NAME)
        .map_err(said("TPM"))?;
    let loadable = tpm.msoapxbc_rsa_key_create(&storage).map_err(said("TPM"))?;
    let transport = tpm
        .msoapxbc_rsa_key_load(&storage, &loadable)
        .map_err(said("TPM"))?;
    let key = Rsa::public_key_from_der(
        &tpm.msoapxbc_rsa_public_as_der(&transport)
            .map_err(said("TPM"))?,
    )?;

    let attributes = EnrollAttrs::new(domain.clone(), Some("himmelblau".into()), None, None, None)
        .map_err(said("attributes"))?;
    let (certificate, device) = services
        .enroll_device(&token, attributes, &key, &request.to_der()?)
        .await
        .map_err(said("join"))?;
    tpm.ms_device_enrolment_finalise(&storage, begun, &certificate.to_der()?)
        .map_err(said("certificate"))?;
    services
        .provision_key(&token, &key)
        .await
        .map_err(said("key provisioning"))?;

    let tenant_info = services
        .tenant_info
        .as_ref()
        .and_then(|info| info.tenant_id.clone());
    println!(
        "{}",
        json!({
            "tenant": tenant_info,
            "join_endpoint": services.device_join_service.as_ref().and_then(|join| join.endpoint.clone()),
            "nonce": nonce.len(),
            "device": device,
            "certificate": String::from_utf8(certificate.to_pem()?)?,
            "key_resource": services.key_provisioning_resource_id(),
        })
    );
    Ok(())
}

/// A token by an authorization code with PKCE, renewed once.
async fn sign_in(tenant: &str) -> Result<String, Box<dyn Error>> {
    let authority = format!("{}/{}", env::var("HIMMELBLAU_DISCOVERY_URL")?, tenant);
    let application =
        PublicClientApplication::new(BROKER, Some(&authority)).map_err(said("authority"))?;
    let flow = application
        .initiate_authorization_code_pkce_flow(vec![SCOPE], REDIRECT)
        .map_err(said("authorization request"))?;
    println!("{}", flow.auth_url());
    let mut ended_at = String::new();
    io::stdin().read_line(&mut ended_at)?;
    let first = application
        .acquire_token_by_authorization_code_pkce_flow(&flow, ended_at.trim())
        .await
        .map_err(said("code"))?;
    if first.tenant_id().map_err(said("tenant"))? != tenant {
        return Err("the token is of another tenant".into());
    }
    let renewed = application
        .acquire_token_by_refresh_token(&first.refresh_token, vec![SCOPE])
        .await
        .map_err(said("refresh token"))?;
    Ok(renewed
        .access_token
        .clone()
        .ok_or("there is no access token")?)
}

/// An error of a step, in words that name the step.
fn said<E: std::fmt::Debug>(step: &'static str) -> impl Fn(E) -> String {
    move |error| format!("{step}: {error:?}")
}
