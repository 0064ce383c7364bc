package site;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A site whose users log in through Spring Security. Arguments: ISSUER, CLIENT_ID, CLIENT_SECRET, PORT. */
@SpringBootApplication
@RestController
public class SpringSite {
    public static void main(String[] arguments) {
        var environment = System.getenv();
        var registration = "spring.security.oauth2.client.registration.house.";
        var settings = new HashMap<String, Object>();
        settings.put("server.port", environment.get("PORT"));
        settings.put(registration + "client-id", environment.get("CLIENT_ID"));
        settings.put(registration + "client-secret", environment.get("CLIENT_SECRET"));
        settings.put(registration + "scope", "openid,profile,email");
        settings.put(
                "spring.security.oauth2.client.provider.house.issuer-uri",
                environment.get("ISSUER"));
        var application = new SpringApplication(SpringSite.class);
        application.setDefaultProperties(settings);
        application.run(arguments);
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients)
            throws Exception {
        var logout = new OidcClientInitiatedLogoutSuccessHandler(clients);
        logout.setPostLogoutRedirectUri("{baseUrl}/bye");
        return http
                .authorizeHttpRequests(paths -> paths
                        .requestMatchers("/bye").permitAll()
                        .anyRequest().authenticated())
                .oauth2Login(Customizer.withDefaults())
                .logout(settings -> settings.logoutSuccessHandler(logout))
                .build();
    }

    /** Shows the logged-in user. */
    @GetMapping("/user")
    Map<String, Object> user(@AuthenticationPrincipal OidcUser user) {
        return Map.of("name", user.getFullName(), "email", user.getEmail());
    }

    /** Shows the access token, refreshed if it has expired. */
    @GetMapping("/token")
    Map<String, Object> token(
            @RegisteredOAuth2AuthorizedClient("house") OAuth2AuthorizedClient client) {
        return Map.of("access_token", client.getAccessToken().getTokenValue());
    }

    @GetMapping("/bye")
    Map<String, Object> bye() {
        return Map.of();
    }
}
